import t from 'tap'
import { createLoginDemands } from '../../src/access/login-demand.js'
import { compileRoutes } from '../../src/access/route-table.js'
import { routeConfig } from './fixtures.js'

const table = compileRoutes(
  [
    routeConfig({ path: '/mfa/' }, { require: { acr: ['mfa'] } }),
    routeConfig({ path: '/fresh/', methods: ['POST'] }),
    routeConfig({ path: '/fresh/' }, { auth: 'optional', require: { maxAge: 60_000 } }),
    routeConfig({ path: '/', host: 'other.example' }, { require: { acr: ['phr'] } }),
    routeConfig({ path: '/' }, { require: { groups: ['staff'] } }),
  ],
  { basePath: '/oauth2' },
)

t.test('STEP-3 a login is to bring what the route needs to which it leads', async (t) => {
  const findDemandAt = createLoginDemands(table, new URL('https://app.example.com'))
  t.strictSame(findDemandAt('/mfa/x?a=b#c'), { acrValues: ['mfa'] })
  t.strictSame(findDemandAt('https://app.example.com/mfa/'), { acrValues: ['mfa'] })
  t.strictSame(findDemandAt('/fresh/'), { maxAgeMs: 60_000 }, 'as people come back by GET')
  t.strictSame(findDemandAt('https://other.example:8443/x'), { acrValues: ['phr'] })
  for (const returnTo of ['/', '/page', '/oauth2/sessions', '/x/..%2fmfa/']) {
    t.equal(findDemandAt(returnTo), undefined, returnTo)
  }
})
