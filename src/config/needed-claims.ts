import type { Config, ProviderConfig, RouteConfig } from './schema.js'

type RuleConfig = NonNullable<RouteConfig['require']>

/**
 * The claims that the configuration reads of people of that provider. If the ID token lacks one of
 * them, userinfo may have it.
 */
export function neededClaims(config: Config, provider: ProviderConfig): readonly string[] {
  const needed = new Set<string>()
  const need = (claim: string | readonly string[]) => {
    const name = typeof claim === 'string' ? claim : claim[0]
    if (name !== undefined) needed.add(name)
  }

  function needForRule(rule: RuleConfig): void {
    const { groups, roles, emails, emailDomains, claims = {}, nestedClaims = [] } = rule
    if (emails !== undefined || emailDomains !== undefined) {
      need('email')
      need('email_verified')
    }
    if (groups !== undefined) need(provider.groupsClaim)
    if (roles !== undefined) need(provider.rolesClaim)
    for (const name of Object.keys(claims)) need(name)
    for (const { path } of nestedClaims) need(path)
    const { any = [], all = [], not } = rule
    for (const each of [...any, ...all, ...(not === undefined ? [] : [not])]) needForRule(each)
  }

  for (const { auth, providers, require, forward } of config.routes) {
    if (auth === 'public' || providers?.includes(provider.id) === false) continue
    if (forward.identityHeaders) {
      need('email')
      need('preferred_username')
      need(provider.groupsClaim)
    }
    for (const name of forward.assertion?.claims ?? []) {
      need(name === 'groups' ? provider.groupsClaim : name)
    }
    if (require !== undefined) needForRule(require)
  }
  return [...needed]
}
