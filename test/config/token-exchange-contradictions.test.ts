import t from 'tap'
import { problemsOf } from '../helpers/config-fixtures.js'

const cases: [title: string, route: string, expect: [string, RegExp][]][] = [
  [
    'all that there is',
    'forward: { tokenExchange: { audiences: [a], resources: ["https://b/"], scopes: [c] } }',
    [],
  ],
  ['scopes alone', 'forward: { tokenExchange: { scopes: [c] } }', []],
  ['nothing', 'forward: { tokenExchange: {} }', [['', /what the token is to be for/]]],
  [
    'a route for everybody',
    'auth: public, forward: { tokenExchange: { audiences: [a] } }',
    [['', /auth: public/]],
  ],
  [
    'no token',
    'forward: { accessToken: none, tokenExchange: { audiences: [a] } }',
    [['', /accessToken: none/]],
  ],
  [
    'RES-1 resources that are none',
    'forward: { tokenExchange: { resources: [api, "https://b/#c", "urn:a"] } }',
    [
      ['.resources[0]', /no absolute URL/],
      ['.resources[1]', /no fragment/],
    ],
  ],
  [
    'another type of token',
    'forward: { tokenExchange: { audiences: [a], requestedTokenType: saml2 } }',
    [['.requestedTokenType', /access_token/]],
  ],
]

for (const [title, route, expect] of cases) {
  t.test(title, async (t) => {
    const problems = problemsOf(`
publicUrl: https://app.example.com
providers: [{ issuer: https://idp.example.com, clientId: app, clientSecret: s3cret-s3cret-s3cret }]
routes: [{ upstream: 'http://127.0.0.1:3000', ${route} }]
`)
    t.strictSame(
      problems.map(({ path }) => path),
      expect.map(([path]) => `routes[0].forward.tokenExchange${path}`),
    )
    for (const [index, [, message]] of expect.entries()) t.match(problems[index]?.message, message)
  })
}
