import t from 'tap'
import { decide } from '../../src/access/decide.js'
import { createRuleOptions } from '../../src/access/rule-options.js'
import { compileRoutes } from '../../src/access/route-table.js'
import { providerConfig } from '../helpers/provider-config.js'
import { identityOf, requestFacts, routeConfig } from './fixtures.js'

const now = 1_800_000_000_000

t.test('CORE-25 nothing of a provider counts for the issuer that had its id before', async (t) => {
  const optionsOf = createRuleOptions([
    providerConfig({ id: 'corp', issuer: 'https://new.example.com', assumeEmailVerified: true }),
  ])
  const decisionFor = (issuer: string, options: Parameters<typeof routeConfig>[1]) => {
    const identity = identityOf({ email: 'a@example.com' }, { providerId: 'corp', issuer })
    const [route] = compileRoutes([routeConfig({ path: '/' }, options)], {
      basePath: '/oauth2',
    }).routes
    return route && decide(route, identity, requestFacts, now, optionsOf(identity)).kind
  }
  const require = { emailDomains: ['example.com'] }
  for (const [issuer, byProvider, byRule] of [
    ['https://new.example.com', 'forward', 'forward'],
    ['https://old.example.com', 'other-provider', 'forbidden'],
  ] as const) {
    t.equal(decisionFor(issuer, { providers: ['corp'] }), byProvider)
    t.equal(decisionFor(issuer, { require }), byRule)
  }
})

t.test(
  'identities of listed tenants, and of an issuer with or without a slash, are known',
  async (t) => {
    const optionsOf = createRuleOptions([
      providerConfig({
        id: 'many',
        issuer: 'https://idp.example.com/{tenantid}',
        tenants: ['one'],
      }),
      providerConfig({ id: 'either', issuer: 'https://b.example.com', issuerSlash: 'either' }),
    ])
    const isKnown = (providerId: string, issuer: string) =>
      optionsOf(identityOf({}, { providerId, issuer })).isKnown
    t.equal(isKnown('many', 'https://idp.example.com/one'), true)
    t.equal(isKnown('many', 'https://idp.example.com/two'), false)
    t.equal(isKnown('either', 'https://b.example.com/'), true)
    t.equal(isKnown('either', 'https://idp.example.com/one'), false)
    t.equal(optionsOf(undefined).isKnown, false)
  },
)
