import type { ProviderConfig } from '../config/schema.js'
import { canonicalDomain, parseEmail } from './email.js'

/** Whose people have addresses of a domain. */
export interface HomeRealm {
  readonly domain: string
  /** Empty where nobody is known to. */
  readonly providerIds: readonly string[]
}

/**
 * Finds the providers of an e-mail address by its domain, undefined for what is no address. What stands
 * before the `@` is not looked at: nobody learns from the answer who has an account.
 */
export type FindHomeRealm = (email: string) => HomeRealm | undefined

/** Undefined where no provider has a domain, so that nobody need be asked. */
export function createHomeRealms(
  providers: readonly Pick<ProviderConfig, 'id' | 'emailDomainHints'>[],
): FindHomeRealm | undefined {
  const byDomain = new Map<string, string[]>()
  for (const { id, emailDomainHints = [] } of providers) {
    for (const domain of new Set(emailDomainHints.map(canonicalDomain))) {
      if (domain !== undefined) byDomain.set(domain, [...(byDomain.get(domain) ?? []), id])
    }
  }
  if (byDomain.size === 0) return undefined
  return function findHomeRealm(email) {
    const domain = parseEmail(email)?.domain
    return domain === undefined ? undefined : { domain, providerIds: byDomain.get(domain) ?? [] }
  }
}
