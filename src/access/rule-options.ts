import type { RuleOptions } from './rules.js'
import type { ProviderConfig } from '../config/schema.js'
import type { Identity } from '../session/session.js'

/** What counts in the rules of routes for identities of each provider; the same object each time. */
export function createRuleOptions(
  providers: readonly ProviderConfig[],
): (identity: Identity | undefined) => RuleOptions {
  const byProvider = new Map<string, RuleOptions>(
    providers.map(({ id, groupsClaim, rolesClaim, assumeEmailVerified }) => [
      id,
      { groupsClaim, rolesClaim, assumeEmailVerified },
    ]),
  )
  // A session may be of a provider that the configuration no longer has.
  const unknown = { groupsClaim: 'groups', rolesClaim: 'roles', assumeEmailVerified: false }
  return (identity) => (identity && byProvider.get(identity.providerId)) ?? unknown
}
