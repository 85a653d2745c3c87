import { issuersOf } from '../config/issuer-template.js'
import type { ProviderConfig } from '../config/schema.js'
import type { Identity } from '../session/session.js'
import type { RuleOptions } from './rules.js'

// A session may be of a provider that the configuration no longer has.
const unknown: RuleOptions = {
  groupsClaim: 'groups',
  rolesClaim: 'roles',
  assumeEmailVerified: false,
  isKnown: false,
}

/**
 * What counts in the rules of routes for identities of each provider; the same object each time. What the settings say
 * of a provider counts for its own issuer only, not for the one that had the id before.
 */
export function createRuleOptions(
  providers: readonly ProviderConfig[],
): (identity: Identity | undefined) => RuleOptions {
  const byProvider = new Map(
    providers.map((provider) => {
      const { id, groupsClaim, rolesClaim, assumeEmailVerified } = provider
      const options = { groupsClaim, rolesClaim, assumeEmailVerified, isKnown: true }
      return [id, { issuers: new Set(issuersOf(provider)), options }]
    }),
  )
  return (identity) => {
    const found = identity && byProvider.get(identity.providerId)
    return found?.issuers.has(identity?.issuer ?? '') === true ? found.options : unknown
  }
}
