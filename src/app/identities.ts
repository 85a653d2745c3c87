import { decide } from '../access/decide.js'
import { createRuleOptions } from '../access/rule-options.js'
import { findMissing } from '../access/rules.js'
import type { Config } from '../config/schema.js'
import type { EndpointContext } from '../http/endpoint-context.js'
import type { ForwardAuth } from '../http/forward-auth.js'
import type { JudgeOptions } from '../http/judge.js'
import { type ClaimPath, groupsOf } from '../identity/claims.js'
import { createSessionHeaders } from '../identity/session-headers.js'
import type { Identity } from '../session/session.js'
import type { Assertions } from './assertions.js'
import { createCallerHeaders } from './caller-headers.js'

/** What is made of an identity, with its claims read as its provider's configuration says. */
export type Identities = Pick<JudgeOptions, 'decide'> &
  Pick<ForwardAuth, 'missing' | 'callerHeaders'> &
  Pick<EndpointContext, 'groupsOf' | 'jwks'>

export function createIdentities(config: Config, assertions: Assertions): Identities {
  const ruleOptionsOf = createRuleOptions(config.providers)
  const groupsClaimOf = (identity: Identity): ClaimPath => ruleOptionsOf(identity).groupsClaim
  return {
    decide: (route, identity, facts, now) =>
      decide(route, identity, facts, now, ruleOptionsOf(identity)),
    missing: (constraint, identity, { arrival: { facts }, now }) =>
      findMissing(constraint, { identity, facts, now, options: ruleOptionsOf(identity) }),
    callerHeaders: createCallerHeaders(createSessionHeaders({ groupsClaimOf, assertions })),
    groupsOf: ({ session: { identity } }) => groupsOf(identity, groupsClaimOf(identity)),
    jwks: assertions.jwks,
  }
}
