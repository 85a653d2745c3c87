import type { MissingOne, Subject } from '../access/rules.js'
import { formatDuration } from '../config/duration.js'
import { claimValues, readClaim, type ClaimPath } from '../identity/claims.js'

/** What a test of a rule asks for, as the configuration has it. */
export function whatTestWants(test: MissingOne): string {
  switch (test.kind) {
    case 'emails':
      return 'emails'
    case 'maxAge':
      return `maxAge ${formatDuration(test.maxAgeMs)}`
    case 'claim':
      return `claim ${JSON.stringify(test.name)} ${listText(test.anyOf)}`
    case 'groups':
    case 'roles':
    case 'emailDomains':
    case 'acr':
    case 'clientAddresses':
    case 'methods':
      return `${test.kind} ${listText(test.anyOf)}`
  }
}

/** What there is of it. */
export function whatTestFinds(test: MissingOne, subject: Subject): string {
  const { identity, facts, now, options } = subject
  const { claims, authenticatedAt } = identity
  const has = (path: ClaimPath) => `has ${listText(claimValues(readClaim(claims, path)))}`
  switch (test.kind) {
    case 'groups':
      return has(options.groupsClaim)
    case 'roles':
      return has(options.rolesClaim)
    case 'emails':
    case 'emailDomains':
      return `${has('email')}, email_verified ${JSON.stringify(claims['email_verified']) ?? 'absent'}`
    case 'claim':
      return has(test.name)
    case 'acr':
      return has('acr')
    case 'maxAge':
      return authenticatedAt === undefined
        ? 'no auth_time'
        : `authenticated ${Math.round((now - authenticatedAt) / 1000)}s ago`
    case 'clientAddresses':
      return `is ${facts.clientAddress}`
    case 'methods':
      return `is ${facts.method}`
  }
}

const mostShown = 10

function listText(values: readonly string[]): string {
  if (values.length === 0) return 'none'
  const shown = values.slice(0, mostShown).join(', ')
  const rest = values.length - mostShown
  return rest > 0 ? `${shown} and ${rest} more` : shown
}
