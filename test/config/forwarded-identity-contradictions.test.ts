import { type ConfigCase, route, testCases } from '../helpers/config-cases.js'

const refused = (name: string, message: RegExp): ConfigCase => ({
  title: `a claim in ${name}`,
  line: 10,
  with: route(`forward: { headers: { '${name}': department } }`),
  expect: [[`routes[0].forward.headers.${name}`, message, 10]],
})

testCases([
  {
    title: 'headers of another proxy, of claims, and Basic',
    line: 10,
    with: route(
      'forward: { identityHeaders: authelia, userClaim: email, accessToken: none, headers: { X-Department: department, SM_USER: sub }, basicAuth: { passwordFile: /run/password } }',
    ),
    files: { '/run/password': 'secret\n' },
    expect: [],
  },
  {
    title: 'a profile that is none',
    line: 10,
    with: route('forward: { identityHeaders: oauth-proxy }'),
    expect: [['routes[0].forward.identityHeaders', /oauth2-proxy/, 10]],
  },
  ...['Host', 'Cookie', 'Content-Length', 'Connection', 'Sec-Fetch-Site', 'Authorization'].map(
    (name) => refused(name, /something else already/),
  ),
  ...['X-Forwarded-For', 'X-Forwarded-Host', 'X-Valetkey-User', 'X_Real_IP', 'DPoP'].map((name) =>
    refused(name, /something else already/),
  ),
  {
    title: 'a name that no header can have',
    line: 10,
    with: route("forward: { headers: { 'X Department': department } }"),
    expect: [['routes[0].forward.headers["X…"]', /no header name/, 10]],
  },
  {
    title: 'a header under two spellings',
    line: 10,
    with: route('forward: { headers: { X-User: sub, x_user: email } }'),
    expect: [['routes[0].forward.headers.x_user', /twice/, 10]],
  },
  {
    title: 'Basic beside an access token, and beside what clients send',
    line: 10,
    with: route("forward: { basicAuth: { password: 's' }, clientAuthorization: pass }"),
    expect: [
      ['routes[0].forward.basicAuth', /write accessToken: none/, 10],
      ['routes[0].forward.clientAuthorization', /a user of their own/, 10],
    ],
  },
  {
    title: 'a password twice',
    line: 10,
    with: route(
      "forward: { accessToken: none, basicAuth: { password: 's', passwordFile: /run/password } }",
    ),
    files: { '/run/password': 'secret' },
    expect: [['routes[0].forward.basicAuth.passwordFile', /together with password/, 10]],
  },
])
