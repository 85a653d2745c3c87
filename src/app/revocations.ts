import type { Logger } from 'pino'
import { providerOf } from '../http/provider-of.js'
import type { SessionKey } from '../session/session-store.js'
import type { RelyingParty } from '../oidc/relying-party.js'
import type { Identity, Tokens } from '../session/session.js'
import type { Metrics } from '../telemetry/metrics.js'
import type { Providers } from './providers.js'

/** Has the provider revoke the tokens of sessions that ended, in the background (RFC 7009). */
export interface Revocations {
  /** Returns at once and never throws: no sign-out waits for it or fails with it. */
  revoke(key: SessionKey, identity: Identity, tokens: Tokens): void
}

/** Beyond this the provider is not keeping up; the tokens end by themselves. */
const maxUnderWay = 1000

export function createRevocations(options: {
  readonly providers: Providers
  readonly metrics: Pick<Metrics, 'revocation'>
  readonly logger: Pick<Logger, 'info' | 'warn'>
}): Revocations {
  const { providers, metrics, logger } = options
  let underWay = 0

  async function run(provider: RelyingParty, key: SessionKey, tokens: Tokens): Promise<void> {
    for (const { token, outcome, reason } of await provider.revoke(tokens)) {
      metrics.revocation(outcome)
      const fields = { session: key, provider: provider.id, tokenType: token, outcome, reason }
      logger[outcome === 'revoked' ? 'info' : 'warn'](fields, 'revocation')
    }
  }

  return {
    revoke(key, identity, tokens) {
      const provider = providerOf(providers, identity)
      if (provider === undefined) return
      if (underWay >= maxUnderWay) {
        metrics.revocation('dropped')
        return
      }
      underWay++
      void run(provider, key, tokens).finally(() => underWay--)
    },
  }
}
