import t from 'tap'
import { configWarnings } from '../../src/config/warnings.js'
import { loadText } from '../helpers/config-fixtures.js'

const warningsOf = (settings: string, route = '') =>
  configWarnings(
    loadText(`
publicUrl: https://app.example.com
providers:
  - { issuer: https://idp.example.com, clientId: app, clientSecret: s3cret-s3cret-s3cret, dpop: required }
routes: [{ upstream: 'http://app' ${route} }]
${settings}
`),
  )

t.test('DPOP-5 warns that an ingress which only asks gets no bound token', async (t) => {
  const expected = [{ path: 'providers[0].dpop', message: /an ingress that only asks gets none/ }]
  t.match(warningsOf('trustedProxies: [10.0.0.0/8]'), expected)
  t.same(warningsOf(''), [], 'where nobody may ask')
  t.same(warningsOf('trustedProxies: [10.0.0.0/8]\nforwardAuth: false'), [], 'nor here')
  const untold = ', forward: { accessToken: none }'
  t.same(warningsOf('trustedProxies: [10.0.0.0/8]', untold), [], 'nor where no token is told')
})

const pathsOf = (route: string) =>
  configWarnings(
    loadText(`
publicUrl: https://app.example.com
providers:
  - { id: one, issuer: https://one.example.com, clientId: app, clientSecret: s3cret-s3cret-s3cret }
  - { id: two, issuer: https://two.example.com, clientId: app, clientSecret: s3cret-s3cret-s3cret }
  - { id: more, issuer: https://two.example.com, clientId: b, clientSecret: s3cret-s3cret-s3cret }
routes: [{ upstream: 'http://app', ${route} }]
`),
  ).map(({ path }) => path)

t.test('CORE-25 warns of a name that people of two issuers may have', async (t) => {
  const expected = ['routes[0].forward.userClaim']
  t.same(pathsOf('forward: { identityHeaders: remote-user }'), expected)
  t.same(pathsOf('forward: { accessToken: none, basicAuth: {} }'), expected)
  t.same(pathsOf('providers: [one, two], forward: { identityHeaders: authelia }'), expected)
  t.same(pathsOf('providers: [two, more], forward: { identityHeaders: authelia }'), [])
  t.same(pathsOf('providers: [one], forward: { identityHeaders: remote-user }'), [])
  t.same(pathsOf('forward: { identityHeaders: true }'), [])
})
