import {
  type ClaimPath,
  claimMatches,
  claimValues,
  isEmailVerified,
  isKeptElsewhere,
  readClaim,
  readText,
} from '../identity/claims.js'
import type { Identity } from '../session/session.js'
import { canonicalDomain, type Email, parseEmail } from './email.js'
import { createNodeReader } from './forwarding-node.js'
import type { RuleConfig, RuleOptions, RuleTest, Truth } from './rules.js'

/** Looks at what an identity is, which stays the same for as long as there is the identity. */
type IdentityTest = (identity: Identity, options: RuleOptions) => Truth

/** The tests of a rule, without its `any`, `all` and `not`. */
export function compileTests(config: RuleConfig): RuleTest[] {
  const { groups, roles, emails, emailDomains, acr, maxAge, clientAddresses, methods } = config
  const tests: RuleTest[] = []
  const lasting = (missing: RuleTest['missing'], test: IdentityTest) =>
    tests.push({ kind: 'test', missing, holds: rememberVerdicts(test) })

  if (methods !== undefined) tests.push(requireMethods(methods))
  if (clientAddresses !== undefined) tests.push(requireClientAddresses(clientAddresses))
  if (groups !== undefined) lasting({ kind: 'groups', anyOf: groups }, inGroups(groups))
  if (roles !== undefined) lasting({ kind: 'roles', anyOf: roles }, inRoles(roles))
  if (emails !== undefined) lasting({ kind: 'emails' }, hasEmail(emails))
  if (emailDomains !== undefined) {
    lasting({ kind: 'emailDomains', anyOf: emailDomains }, hasEmailDomain(emailDomains))
  }
  for (const [name, anyOf] of Object.entries(config.claims ?? {})) {
    lasting({ kind: 'claim', name, anyOf }, hasClaim(name, anyOf))
  }
  for (const { path, values } of config.nestedClaims ?? []) {
    lasting({ kind: 'claim', name: path, anyOf: values }, hasClaim(path, values))
  }
  if (acr !== undefined) lasting({ kind: 'acr', anyOf: acr }, hasAcr(acr))
  if (maxAge !== undefined) tests.push(requireMaxAge(maxAge))
  return tests
}

/** People in a thousand groups make many requests, and each asks the same of them. */
function rememberVerdicts(test: IdentityTest): RuleTest['holds'] {
  const verdicts = new WeakMap<Identity, { readonly options: RuleOptions; readonly truth: Truth }>()
  return ({ identity, options }) => {
    const known = verdicts.get(identity)
    if (known?.options === options) return known.truth
    const truth = test(identity, options)
    verdicts.set(identity, { options, truth })
    return truth
  }
}

function inGroups(anyOf: readonly string[]): IdentityTest {
  const wanted = new Set(anyOf)
  return ({ claims }, { groupsClaim }) => listHolds(claims, groupsClaim, wanted)
}

function inRoles(anyOf: readonly string[]): IdentityTest {
  const wanted = new Set(anyOf)
  return ({ claims }, { rolesClaim }) => listHolds(claims, rolesClaim, wanted)
}

function listHolds(
  claims: Identity['claims'],
  path: ClaimPath,
  wanted: ReadonlySet<string>,
): Truth {
  if (isKeptElsewhere(claims, path)) return undefined
  return claimValues(readClaim(claims, path)).some((value) => wanted.has(value))
}

function hasEmail(anyOf: readonly string[]): IdentityTest {
  const wanted = new Set(anyOf.map((email) => parseEmail(email)?.address))
  return ({ claims }, options) => {
    const address = countedEmail(claims, options)?.address
    return address !== undefined && wanted.has(address)
  }
}

function hasEmailDomain(anyOf: readonly string[]): IdentityTest {
  const wanted = new Set(anyOf.map(canonicalDomain))
  return ({ claims }, options) => {
    const domain = countedEmail(claims, options)?.domain
    return domain !== undefined && wanted.has(domain)
  }
}

/** An address counts only when it is known to be verified (OpenID Connect Core §5.7). */
function countedEmail(
  claims: Identity['claims'],
  { assumeEmailVerified }: RuleOptions,
): Email | undefined {
  return isEmailVerified(claims, assumeEmailVerified)
    ? parseEmail(readText(claims, 'email'))
    : undefined
}

function hasClaim(path: ClaimPath, anyOf: readonly string[]): IdentityTest {
  const wanted = new Set(anyOf)
  return ({ claims }) =>
    isKeptElsewhere(claims, path) ? undefined : claimMatches(path, readClaim(claims, path), wanted)
}

function hasAcr(anyOf: readonly string[]): IdentityTest {
  return ({ claims }) => {
    const acr = readText(claims, 'acr')
    return acr !== undefined && anyOf.includes(acr)
  }
}

function requireMaxAge(maxAgeMs: number): RuleTest {
  return {
    kind: 'test',
    missing: { kind: 'maxAge', maxAgeMs },
    // The absolute value: an authentication in the far future proves as little as one long ago.
    holds: ({ identity: { authenticatedAt = Number.NaN }, now }) =>
      Math.abs(now - authenticatedAt) <= maxAgeMs,
  }
}

function requireClientAddresses(anyOf: readonly string[]): RuleTest {
  const readNode = createNodeReader(anyOf)
  return {
    kind: 'test',
    missing: { kind: 'clientAddresses', anyOf },
    // Of whom no address is known, nobody can say that it is none of these either.
    holds: ({ facts }) => readNode(facts.clientAddress)?.isTrusted,
  }
}

function requireMethods(anyOf: readonly string[]): RuleTest {
  return {
    kind: 'test',
    missing: { kind: 'methods', anyOf },
    holds: ({ facts }) => anyOf.includes(facts.method),
  }
}
