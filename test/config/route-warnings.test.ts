import t from 'tap'
import { routeWarnings } from '../../src/config/route-warnings.js'
import { loadText } from '../helpers/config-fixtures.js'

const warningsOf = (...routes: string[]) =>
  routeWarnings(
    loadText(`
publicUrl: https://app.example.com
providers: [{ issuer: https://idp.example.com, clientId: app, clientSecret: s3cret-s3cret-s3cret }]
routes:
${routes.map((route) => `  - { upstream: 'http://app', ${route} }`).join('\n')}
`),
  )

const admins = 'require: { groups: [admins] }'

t.test('warns of a path whose twin with or without a slash has weaker rules', async (t) => {
  t.match(warningsOf(`match: { path: /admin/ }, ${admins}`, 'match: { path: / }'), [
    {
      path: 'routes[0].match.path',
      message: /^does not match \/admin, which routes\[1\] lets through with other rules/,
    },
  ])
  t.match(warningsOf(`match: { path: /admin }, ${admins}`, 'match: { path: /admin/ }'), [
    { path: 'routes[0].match.path', message: /does not match \/admin\/, which routes\[1\]/ },
  ])
  t.match(
    warningsOf(
      "match: { path: '/*/own/**', host: '*.example.com', methods: [PUT] }",
      "match: { path: '/', host: 'any.example.com', methods: [PUT] }, auth: public",
    ),
    [{ path: 'routes[0].match.path', message: /does not match \/\*\/own, which routes\[1\]/ }],
  )
})

t.test('says nothing where nobody could get past', async (t) => {
  t.same(warningsOf('match: { path: / }'), [])
  t.same(warningsOf(`match: { path: /admin/ }, ${admins}`), [], 'the twin is for nobody')
  t.same(warningsOf('match: { path: /public/ }, auth: public', 'match: { path: / }'), [])
  t.same(warningsOf('match: { path: /a/ }', 'match: { path: / }'), [], 'the same rules')
  t.same(
    warningsOf(
      `match: { path: /admin/ }, ${admins}`,
      `match: { path: /admin }, ${admins}`,
      'match: { path: / }',
    ),
    [],
  )
})

t.test('says nothing where another application answers', async (t) => {
  const elsewhere = "  - { upstream: 'http://b', match: { path: / } }"
  t.same(warningsOf(`match: { path: /admin/ }, ${admins} }\n${elsewhere.slice(0, -2)}`), [])
})
