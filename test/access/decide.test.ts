import t from 'tap'
import { decide } from '../../src/access/decide.js'
import { compileRoutes } from '../../src/access/route-table.js'
import type { RouteConfig } from '../../src/config/schema.js'
import { identityOf, requestFacts, routeConfig, ruleOptions } from './fixtures.js'

const now = 1_800_000_000_000
const staff = identityOf({ groups: ['staff'] })
const guest = identityOf({ groups: ['guests'] })

const decision = (
  options: Partial<Pick<RouteConfig, 'auth' | 'require' | 'providers'>>,
  identity?: typeof staff,
) => {
  const { routes } = compileRoutes([routeConfig({ path: '/' }, options)], { basePath: '/oauth2' })
  const [route] = routes
  return route && decide(route, identity, requestFacts, now, ruleOptions)
}

const require = { groups: ['staff'] }
const forbidden = { kind: 'forbidden', missing: [{ kind: 'groups', anyOf: ['staff'] }] }

t.test('a required route asks who one is, then what one may', async (t) => {
  t.same(decision({}), { kind: 'authenticate' })
  t.same(decision({}, guest), { kind: 'forward' })
  t.same(decision({ require }), { kind: 'authenticate' })
  t.same(decision({ require }, staff), { kind: 'forward' })
  t.same(decision({ require }, guest), forbidden)
})

t.test('a stranger is asked for what the route needs of the authentication', async (t) => {
  const demanding = { groups: ['staff'], acr: ['mfa'] }
  const stepUp = { acrValues: ['mfa'] }
  t.same(decision({ require: demanding }), { kind: 'authenticate', stepUp })
  t.same(decision({ auth: 'optional', require: demanding }), { kind: 'forward' })
})

t.test('an optional route lets anybody in, but checks who is signed in', async (t) => {
  t.same(decision({ auth: 'optional' }), { kind: 'forward' })
  t.same(decision({ auth: 'optional', require }), { kind: 'forward' })
  t.same(decision({ auth: 'optional', require }, guest), forbidden)
  t.same(decision({ auth: 'optional', require }, staff), { kind: 'forward' })
})

t.test(
  'a route with providers takes nobody of another one, whatever else they satisfy',
  async (t) => {
    const otherProvider = { kind: 'other-provider', allowed: ['partner', 'guests'] }
    const providers = ['partner', 'guests']
    const partner = identityOf({ groups: ['staff'] }, { providerId: 'partner' })
    t.same(decision({ providers }), { kind: 'authenticate' })
    t.same(decision({ providers, require }, staff), otherProvider)
    t.same(decision({ providers, require }, partner), { kind: 'forward' })
    t.same(decision({ providers, auth: 'optional' }), { kind: 'forward' })
    t.same(decision({ providers, auth: 'optional' }, staff), otherProvider)
  },
)

t.test('a public route never looks at the identity', async (t) => {
  for (const identity of [undefined, staff, guest]) {
    t.same(decision({ auth: 'public', require }, identity), { kind: 'forward' })
  }
})

t.test(
  'STEP-3 who lacks only a better authentication is asked for it, and nobody else',
  async (t) => {
    const acr = { require: { ...require, acr: ['mfa'] } }
    const missing = [{ kind: 'acr', anyOf: ['mfa'] }]
    t.same(decision(acr, staff), { kind: 'step-up', stepUp: { acrValues: ['mfa'] }, missing })
    t.match(decision(acr, guest), { kind: 'forbidden', missing: [{ kind: 'groups' }, ...missing] })
    t.same(decision(acr, identityOf({ groups: ['staff'], acr: 'mfa' })), { kind: 'forward' })
  },
)
