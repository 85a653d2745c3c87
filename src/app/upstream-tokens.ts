import type { Config } from '../config/schema.js'
import { providerOf } from '../http/provider-of.js'
import { OidcError } from '../oidc/errors.js'
import type { RelyingParty } from '../oidc/relying-party.js'
import { createUpstreamTokens } from '../oidc/upstream-tokens.js'
import type { SessionKey, SessionStore } from '../session/session-store.js'
import type { UpstreamTokens } from '../session/upstream-tokens.js'
import type { SessionParts } from './sessions.js'

/** The tokens of the routes that have access tokens exchanged. Those of a session are forgotten with it. */
export function createRouteTokens(
  config: Config,
  parts: Pick<SessionParts, 'metrics' | 'logger' | 'clock'> & {
    readonly providers: ReadonlyMap<string, Pick<RelyingParty, 'isNamed' | 'exchangeForUpstream'>>
    readonly store: Pick<SessionStore, 'load' | 'changes'>
  },
): UpstreamTokens {
  const { providers, metrics, logger, clock, store } = parts
  const tokens = createUpstreamTokens({
    targets: config.routes.flatMap(({ forward }) => forward.tokenExchange ?? []),
    renewAheadMs: config.session.refreshAhead,
    clock,
    async exchange({ identity, tokens: subject }, target, now) {
      const provider = providerOf(providers, identity)
      if (provider !== undefined) return provider.exchangeForUpstream(subject, target, now)
      throw new OidcError(
        'ERR_UPSTREAM_TOKEN',
        `there is no provider of ${identity.issuer} any more`,
      )
    },
    onExchange({ key, identity }, verdict) {
      metrics.tokenExchange(verdict.kind === 'token' ? 'exchanged' : verdict.code)
      if (verdict.kind === 'token') return
      const { code, reason } = verdict
      logger.warn(
        { holder: key, provider: identity.providerId, code, reason },
        'token exchange failed',
      )
    },
  })

  /** Nobody is served with a session that has ended; this is so that nothing of it stays in memory. */
  async function forgetIfEnded(key: SessionKey): Promise<void> {
    const stored = await store.load(key).catch(() => 'unknown' as const)
    if (stored === undefined) tokens.forget(key)
  }
  store.changes.subscribe((key) => {
    if (key !== undefined && tokens.holds(key)) void forgetIfEnded(key)
  })
  return tokens
}
