import { randomFillSync } from 'node:crypto'

type Field = readonly [name: string, value: string]

/**
 * The trace of a request as the upstream gets it (W3C Trace Context): the caller's with a parent id of our own; a new one
 * in the place of one that is malformed, or of several. A request without one begins none: the upstream may.
 *
 * @param traceparent what the request says, several values joined by commas
 * @param tracestate likewise
 */
export const continueTrace = (
  traceparent: string | undefined,
  tracestate: string | undefined,
): readonly Field[] => {
  if (traceparent === undefined) return []
  const parent = parseTraceparent(traceparent)
  // Sampled: so the upstream goes by its own will, as it would have done for a request without a trace.
  if (parent === undefined) return [['traceparent', `00-${randomId(16)}-${randomId(8)}-01`]]
  const continued: Field = ['traceparent', `00-${parent.traceId}-${randomId(8)}-${parent.flags}`]
  const state = tracestate && boundTracestate(tracestate)
  return state ? [continued, ['tracestate', state]] : [continued]
}

/** What is known of the flags: sampled, and that the trace id is random. */
const knownFlags = 0b11

const parseTraceparent = (value: string): { traceId: string; flags: string } | undefined => {
  const match = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(value)
  const [, version, traceId = '', parentId = '', flags = '', rest] = match ?? []
  // later versions may have more fields, and are read as far as this one goes
  if (!match || version === 'ff' || (version === '00' && rest !== undefined)) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined
  const known = Number.parseInt(flags, 16) & knownFlags
  return { traceId, flags: known.toString(16).padStart(2, '0') }
}

const maxMembers = 32
const maxCharacters = 512
const largeMember = 128

const member =
  /^[a-z0-9][a-z0-9_\-*/]{0,255}(@[a-z0-9][a-z0-9_\-*/]{0,13})?=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/

/** A list with a malformed member, or with too many, is dropped whole; a long one loses large members, then the oldest. */
const boundTracestate = (value: string): string | undefined => {
  const members = value.split(',').map((each) => each.trim())
  const given = members.filter((each) => each !== '')
  if (given.length > maxMembers || !given.every((each) => member.test(each))) return undefined
  if (given.join(',').length <= maxCharacters) return given.join(',')
  const kept = given.filter((each) => each.length <= largeMember)
  while (kept.join(',').length > maxCharacters) kept.pop()
  return kept.join(',')
}

const pool = Buffer.alloc(4096)
let used = pool.length

/** Random bytes in hex, of which many are drawn at once. */
const randomId = (bytes: number): string => {
  if (used + bytes > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += bytes
  return pool.toString('hex', used - bytes, used)
}
