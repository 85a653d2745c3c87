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
    for (const name of toldClaims(forward)) need(name === 'groups' ? provider.groupsClaim : name)
    if (require !== undefined) needForRule(require)
  }
  return [...needed]
}

/** The claims that an upstream is told of. */
function toldClaims({
  identityHeaders,
  userClaim,
  headers = {},
  basicAuth,
  assertion,
}: RouteConfig['forward']): readonly string[] {
  return [
    ...(identityHeaders === false ? [] : ['email', 'preferred_username', 'groups']),
    ...(typeof identityHeaders === 'string' ? ['name', userClaim] : []),
    ...(basicAuth === undefined ? [] : [userClaim]),
    ...Object.values(headers),
    ...(assertion?.claims ?? []),
  ]
}
