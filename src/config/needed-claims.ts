import type { Config, ProviderConfig } from './schema.js'

/**
 * The claims that the configuration reads of people of that provider. If the ID token lacks one of
 * them, userinfo may have it.
 */
export function neededClaims(config: Config, provider: ProviderConfig): readonly string[] {
  const needed = new Set<string>()
  const { groupsClaim } = provider
  const groups = typeof groupsClaim === 'string' ? groupsClaim : groupsClaim[0]
  for (const { auth, require, forward } of config.routes) {
    if (auth === 'public') continue
    if (forward.identityHeaders || forward.assertion !== undefined) {
      needed.add('email').add('preferred_username')
    }
    if (require?.emails !== undefined || require?.emailDomains !== undefined) {
      needed.add('email').add('email_verified')
    }
    const readsGroups = forward.identityHeaders || forward.assertion !== undefined
    if ((readsGroups || require?.groups !== undefined) && groups !== undefined) needed.add(groups)
    for (const name of Object.keys(require?.claims ?? {})) needed.add(name)
  }
  return [...needed]
}
