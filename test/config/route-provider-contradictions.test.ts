import t from 'tap'
import { routeWarnings } from '../../src/config/route-warnings.js'
import { neededClaims } from '../../src/config/needed-claims.js'
import { loadText, problemsOf } from '../helpers/config-fixtures.js'

const textWith = (...routes: string[]) => `
publicUrl: https://app.example.com
providers:
  - { id: corp, issuer: 'https://a.example.com', clientId: app, clientSecret: x }
  - { id: guests, issuer: 'https://b.example.com', clientId: app, clientSecret: x, rolesClaim: r }
routes:
${routes.map((route) => `  - { upstream: 'http://127.0.0.1:3000', ${route} }`).join('\n')}
`

const cases: [title: string, route: string, expect: [string, RegExp][]][] = [
  ['known providers', 'providers: [guests, corp]', []],
  ['none', 'providers: []', [['.providers', /at least|empty/]]],
  [
    'one that is not there',
    'providers: [corp, other]',
    [['.providers[1]', /"other" is the id of no provider; .*: corp, guests$/]],
  ],
  ['a route for everybody', 'providers: [corp], auth: public', [['.providers', /auth: public/]]],
  [
    'tokens of another provider',
    'providers: [corp], bearer: { audiences: [a], provider: guests }',
    [['.bearer.provider', /"guests" is not among the providers of the route/]],
  ],
  ['tokens of the same', 'providers: [corp], bearer: { audiences: [a], provider: corp }', []],
]
for (const [title, route, expect] of cases) {
  t.test(`the providers of a route: ${title}`, async (t) => {
    const problems = problemsOf(textWith(route))
    t.same(
      problems.map(({ path }) => path),
      expect.map(([path]) => `routes[0]${path}`),
    )
    for (const [index, [, message]] of expect.entries()) t.match(problems[index]?.message, message)
  })
}

t.test('a twin path that people of other providers may open is warned of', async (t) => {
  const [admin, rest] = ['match: { path: /admin/ }, providers: [corp]', 'match: { path: / }']
  t.match(routeWarnings(loadText(textWith(admin, rest))), [{ path: 'routes[0].match.path' }])
  t.same(routeWarnings(loadText(textWith(admin, `${rest}, providers: [corp]`))), [])
})

t.test('of a provider no claims are needed for the routes of others', async (t) => {
  const config = loadText(
    textWith('match: { path: /a }, providers: [corp], require: { roles: [a] }', 'auth: public'),
  )
  const [corp, guests] = config.providers
  t.ok(corp && neededClaims(config, corp).includes('roles'))
  t.same(guests && neededClaims(config, guests), [])
})
