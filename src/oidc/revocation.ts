import { setTimeout as sleep } from 'node:timers/promises'
import { tokenRevocation } from 'openid-client'
import type { Tokens } from '../session/session.js'
import { objectionOf } from './client-objection.js'
import { oidcErrorIn } from './errors.js'
import type { Provider } from './provider.js'
import type { ProviderMetadata } from './provider-metadata.js'
import { parseRetryAfterMs } from './retry-after.js'

export type RevocableTokens = Pick<Tokens, 'refreshToken' | 'accessToken'>
type Hint = 'refresh_token' | 'access_token'

/** What became of one token. */
export interface RevocationReport {
  readonly token: Hint
  readonly outcome: 'revoked' | 'refused' | 'unavailable'
  readonly reason?: string
}

/** A provider that asks to come back later than this is not waited for. */
const maxWaitMs = 30_000

/**
 * Revokes the refresh token, then the access token (RFC 7009 §2.1); nothing where the provider has no
 * revocation endpoint. A 503 with `Retry-After` is tried once more (§2.2.1). Never throws.
 */
export async function revokeTokens(
  provider: Pick<Provider, 'discovery' | 'open'>,
  { refreshToken, accessToken }: RevocableTokens,
): Promise<readonly RevocationReport[]> {
  const metadata = provider.discovery.current()
  if (metadata?.revocationEndpoint === undefined) return []
  const reports: RevocationReport[] = []
  if (refreshToken !== undefined) {
    reports.push(await revoke(provider, metadata, refreshToken, 'refresh_token'))
  }
  reports.push(await revoke(provider, metadata, accessToken, 'access_token'))
  return reports
}

async function revoke(
  provider: Pick<Provider, 'open'>,
  metadata: ProviderMetadata,
  value: string,
  token: Hint,
): Promise<RevocationReport> {
  const first = await attempt(provider, metadata, value, token)
  if (first.retryAfterMs === undefined || first.retryAfterMs > maxWaitMs) return first.report
  await sleep(first.retryAfterMs, undefined, { ref: false })
  return (await attempt(provider, metadata, value, token)).report
}

async function attempt(
  { open }: Pick<Provider, 'open'>,
  metadata: ProviderMetadata,
  value: string,
  token: Hint,
): Promise<{ readonly report: RevocationReport; readonly retryAfterMs?: number | undefined }> {
  const call = open(metadata)
  try {
    await tokenRevocation(call.configuration, value, { token_type_hint: token })
    return { report: { token, outcome: 'revoked' } }
  } catch (error) {
    const received = call.received()
    const reason = oidcErrorIn(error)?.message ?? objectionOf(error)
    if (received === undefined || received.status >= 500 || received.status === 429) {
      const retryAfter = received?.status === 503 ? received.headers.get('retry-after') : null
      const retryAfterMs = parseRetryAfterMs(retryAfter, Date.now())
      return { report: { token, outcome: 'unavailable', reason }, retryAfterMs }
    }
    return { report: { token, outcome: 'refused', reason } }
  }
}
