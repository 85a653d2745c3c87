import type { RawHeaders } from '../raw-headers.js'
import type { ResponseHead } from './exchange.js'

/** What authorizes one request and no other, so that each attempt needs its own (RFC 9449 §7). */
export interface Credentials {
  /** The headers of the next attempt. */
  headers(): RawHeaders
  /** Is shown each response. True: it was refused for what the next attempt would bring. */
  learn(response: Pick<ResponseHead, 'statusCode' | 'rawHeaders'>): boolean
}
