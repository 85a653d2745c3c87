import type { IncomingMessage } from 'node:http'
import { continueTrace } from './trace-context.js'
import type { Via } from './via.js'

/** What this hop says of itself in a request that it passes on. */
export interface HopFields {
  /** Added behind what other hops say. */
  readonly via: string
  /** In the place of the client's. */
  readonly trace: readonly (readonly [name: string, value: string])[]
  /** In the place of the client's, where it counts. */
  readonly maxForwards?: string | undefined
  /** Whether what stands behind the body goes on, so that it may be announced. */
  readonly passesTrailers?: boolean
}

export const hopFieldsOf = (
  request: IncomingMessage,
  via: Via,
  passesTrailers: boolean,
): HopFields => {
  const { traceparent, tracestate } = request.headers
  const hops = maxForwards(request)
  return {
    via: via.valueFor(request),
    trace: traceparent === undefined ? [] : continueTrace(String(traceparent), textOf(tracestate)),
    maxForwards: hops === undefined ? undefined : String(Math.max(0, hops - 1)),
    passesTrailers,
  }
}

/**
 * How many hops a request may go on, where that counts: with OPTIONS (RFC 9110 §7.6.2). At 0, whoever has the request is
 * the one to answer it.
 */
export const maxForwards = ({ method, headers }: IncomingMessage): number | undefined => {
  if (method !== 'OPTIONS') return undefined
  const value = headers['max-forwards']
  return typeof value === 'string' && /^[0-9]{1,9}$/.test(value) ? Number(value) : undefined
}

const textOf = (value: string | string[] | undefined): string | undefined =>
  value === undefined ? undefined : String(value)
