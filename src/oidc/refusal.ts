import { parseJsonObject } from '../json-object.js'
import type { Received } from './authenticated-send.js'
import { parseProviderError } from './errors.js'
import { parseRetryAfterMs } from './retry-after.js'

/** What an answer that is no success tells. */
export interface Refusal {
  /** The `error` of OAuth (RFC 6749 §5.2). */
  readonly providerError: string | undefined
  readonly retryAfterMs: number | undefined
  /** Whether the provider is in trouble or has too much to do, which may pass. */
  readonly isTemporary: boolean
}

export function refusalIn({ status, headers, body }: Received): Refusal {
  return {
    providerError: parseProviderError(parseJsonObject(body)?.['error']),
    retryAfterMs: parseRetryAfterMs(headers.get('retry-after'), Date.now()),
    isTemporary: status === 429 || status >= 500,
  }
}
