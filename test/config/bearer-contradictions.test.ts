import t from 'tap'
import { problemsOf } from '../helpers/config-fixtures.js'

/** What is wrong with a route that takes access tokens. */
function problemsWith(
  bearer: string,
  {
    auth = 'required',
    accessTokenType = 'at+jwt',
    otherIssuer = 'https://b.example.com',
    verification = 'jwt',
    otherVerification = 'jwt',
    providers = '',
  } = {},
) {
  const taken = providers === '' ? '' : `, providers: ${providers}`
  return problemsOf(`
publicUrl: https://app.example.com
providers:
  - { id: corp, issuer: 'https://a.example.com', clientId: app, clientSecret: x, accessTokenType: ${accessTokenType}, accessTokenVerification: ${verification} }
  - { id: guests, issuer: '${otherIssuer}', clientId: other, clientSecret: x, accessTokenVerification: ${otherVerification} }
  - { id: more, issuer: 'https://c.example.com', clientId: app, clientSecret: x }
routes:
  - { upstream: 'http://127.0.0.1:3000', auth: ${auth}, bearer: ${bearer}${taken} }
`)
}

const cases: [
  title: string,
  bearer: string,
  options: Parameters<typeof problemsWith>[1],
  expect: [string, RegExp][],
][] = [
  ['all that there is', '{ audiences: [a, b], scopes: [r, w], provider: corp }', {}, []],
  ['a route for everybody', '{ audiences: [a] }', { auth: 'public' }, [['', /auth: public/]]],
  ['a route for anybody', '{ audiences: [a] }', { auth: 'optional' }, []],
  [
    'opaque tokens of a provider whose people the route does not take',
    '{ audiences: [a] }',
    { otherVerification: 'auto', providers: '[corp, more]' },
    [['.provider', /would be shown to "guests".* name one of corp, more/]],
  ],
  [
    'opaque tokens of one that it takes',
    '{ audiences: [a] }',
    { otherVerification: 'auto', providers: '[corp, guests]' },
    [],
  ],
  [
    'opaque tokens where the route takes people of another provider alone',
    '{ audiences: [a] }',
    { otherVerification: 'auto', providers: '[corp]' },
    [],
  ],
  ['no audience', '{}', {}, [['.audiences', /missing/]]],
  ['an empty list of audiences', '{ audiences: [] }', {}, [['.audiences', /at least|empty/]]],
  [
    'scopes that are not single',
    "{ audiences: [a], scopes: ['r w'] }",
    {},
    [['.scopes[0]', /without spaces/]],
  ],
  [
    'a provider that is not there',
    '{ audiences: [a], provider: other }',
    {},
    [['.provider', /"other" is the id of no provider; .*: corp, guests, more$/]],
  ],
  ['the client as audience, told apart by the type', '{ audiences: [app, other] }', {}, []],
  [
    'the client as audience, told apart by nothing',
    '{ audiences: [a, app, other] }',
    { accessTokenType: 'lax' },
    [['.audiences[1]', /is the clientId of provider "corp"/]],
  ],
  [
    'another client of the same issuer as audience, told apart by nothing',
    '{ audiences: [other], provider: corp }',
    { accessTokenType: 'lax', otherIssuer: 'https://a.example.com' },
    [['.audiences[0]', /is the clientId of provider "guests"/]],
  ],
  [
    'the client as audience, of a provider that does not count',
    '{ audiences: [app], provider: guests }',
    { accessTokenType: 'lax' },
    [],
  ],
  [
    'opaque tokens of any of two providers',
    '{ audiences: [a] }',
    { verification: 'auto', otherVerification: 'introspection' },
    [['.provider', /shown to one provider only; name one of corp, guests$/]],
  ],
  [
    'opaque tokens of one of two providers',
    '{ audiences: [a], provider: corp }',
    { verification: 'auto', otherVerification: 'introspection' },
    [],
  ],
  ['opaque tokens of the only one', '{ audiences: [a] }', { otherVerification: 'auto' }, []],
]

for (const [title, bearer, options, expect] of cases) {
  t.test(title, async (t) => {
    const problems = problemsWith(bearer, options)
    t.strictSame(
      problems.map(({ path }) => path),
      expect.map(([path]) => `routes[0].bearer${path}`),
    )
    for (const [index, [, message]] of expect.entries()) t.match(problems[index]?.message, message)
  })
}
