import { parseHost } from './host.js'
import { hasControlByte, readingsOf } from './readings.js'
import type { RequestFacts } from './request-facts.js'

/** A request target that may be looked up in the route table. */
export interface RequestTarget {
  readonly kind: 'target'
  /** As sent. */
  readonly raw: string
  /** What goes upstream: the path and query exactly as sent, without an absolute form's scheme and host. */
  readonly originForm: string
  /** The path as sent. */
  readonly path: string
  /** The query as sent, without the question mark; empty when there is none. */
  readonly query: string
  /** Every path that some upstream could take `path` for, as byte strings; the first is as sent. */
  readonly readings: readonly string[]
}

export type RequestTargetCode =
  | 'ERR_REQUEST_TARGET_CONTROL'
  | 'ERR_REQUEST_TARGET_FRAGMENT'
  | 'ERR_REQUEST_TARGET_FORM'
  | 'ERR_REQUEST_TARGET_HOST'
  | 'ERR_REQUEST_TARGET_AMBIGUOUS'

/** A request target that nobody should act upon; the answer is 400. */
export interface RefusedTarget {
  readonly kind: 'refused'
  readonly code: RequestTargetCode
  /** For the log. */
  readonly reason: string
}

const plain = 0
const readInSeveralWays = 1
const dot = 2
const slash = 3
const question = 4
const refused = 5

const classOf = new Uint8Array(256).fill(plain)
classOf.fill(refused, 0, 0x21)
classOf.fill(readInSeveralWays, 0x80)
classOf[0x7f] = refused
classOf[0x23] = refused
for (const character of '%\\;') classOf[character.charCodeAt(0)] = readInSeveralWays
classOf[0x2e] = dot
classOf[0x2f] = slash
classOf[0x3f] = question

/**
 * Reads a request target (RFC 9112 §3.2) together with every way in which an upstream could read it.
 *
 * Control bytes, spaces, `#`, an absolute form whose host differs from `host`, and the forms that name no
 * resource are refused; so is a path that decodes to a control byte. Percent signs that start no escape
 * and bytes that are no UTF-8 are no reason to refuse: they have readings of their own.
 */
export function parseRequestTarget(
  facts: Pick<RequestFacts, 'method' | 'target' | 'host'>,
): RequestTarget | RefusedTarget {
  const { target } = facts
  if (target.charCodeAt(0) === 0x2f) return parseOriginForm(target, target)
  if (target === '*' && facts.method === 'OPTIONS') {
    return { kind: 'target', raw: '*', originForm: '*', path: '*', query: '', readings: ['*'] }
  }
  const absolute = /^(?:https?|wss?):\/\/([^/?#]*)(.*)$/is.exec(target)
  if (absolute === null) return refuse('ERR_REQUEST_TARGET_FORM', 'neither a path nor a URL')
  const [, authority, rest = ''] = absolute
  const host = parseHost(authority)
  if (host === undefined || host.name !== parseHost(facts.host)?.name) {
    return refuse('ERR_REQUEST_TARGET_HOST', 'the URL names another host than the Host header')
  }
  return parseOriginForm(target, rest.startsWith('/') ? rest : `/${rest}`)
}

function parseOriginForm(raw: string, originForm: string): RequestTarget | RefusedTarget {
  let pathEnd = originForm.length
  let oneReading = true
  let previous = plain
  for (let index = 0; index < originForm.length; index++) {
    const current = classOf[originForm.charCodeAt(index)] ?? refused
    if (current === refused) return refuseCharacter(originForm.charCodeAt(index))
    if (pathEnd < originForm.length) continue
    if (current === question) pathEnd = index
    else if (current === readInSeveralWays) oneReading = false
    else if (previous === slash && (current === slash || current === dot)) oneReading = false
    if (previous === dot && (current === slash || current === question)) oneReading = false
    previous = current
  }
  if (pathEnd === originForm.length && previous === dot) oneReading = false

  const path = originForm.slice(0, pathEnd)
  const query = originForm.slice(pathEnd + 1)
  if (oneReading) return { kind: 'target', raw, originForm, path, query, readings: [path] }

  const readings = readingsOf(path)
  if (readings === undefined) {
    return refuse('ERR_REQUEST_TARGET_AMBIGUOUS', 'the path can be read in too many ways')
  }
  if (readings.some(hasControlByte)) {
    return refuse('ERR_REQUEST_TARGET_CONTROL', 'the path has an encoded control byte')
  }
  return { kind: 'target', raw, originForm, path, query, readings }
}

const refuseCharacter = (code: number): RefusedTarget =>
  code === 0x23
    ? refuse('ERR_REQUEST_TARGET_FRAGMENT', 'the target has a fragment')
    : refuse('ERR_REQUEST_TARGET_CONTROL', `the target has the character ${code}`)

const refuse = (code: RequestTargetCode, reason: string): RefusedTarget => ({
  kind: 'refused',
  code,
  reason,
})
