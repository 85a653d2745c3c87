import { readMember } from './read-member.js'
import { redactText } from './redact.js'

/** Whether a text is an error code, such as `ERR_STORE_UNAVAILABLE`, `ECONNREFUSED` or `UND_ERR_SOCKET`. */
export function isErrorCode(text: string): boolean {
  return /^(?:(?:[A-Z]{2,10}_)?ERR_[A-Z0-9_]{1,60}|E[A-Z]{2,15}|(?:EAI|OAUTH|HPE|CERT|UNABLE|DEPTH|SELF)_[A-Z0-9_]{1,60})$/.test(
    text,
  )
}

/** What of an error may be logged, without its causes. */
export function errorFields(error: Error): Record<string, unknown> {
  const fields: Record<string, unknown> = {
    type: textOf(readMember(error, 'name')) ?? 'Error',
    message: textOf(readMember(error, 'message')) ?? '',
  }
  const code = readMember(error, 'code')
  if (typeof code === 'string' && isErrorCode(code)) fields['code'] = code
  for (const [name, isHarmless] of harmless) {
    const member = readMember(error, name)
    if (isHarmless(member)) fields[name] = member
  }
  const stack = textOf(readMember(error, 'stack'))
  if (stack !== undefined) fields['stack'] = stack
  return fields
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? redactText(value) : undefined
}

const isNumber = (value: unknown) => typeof value === 'number'
const isWord = (value: unknown) =>
  typeof value === 'string' && /^[A-Za-z0-9_.:-]{1,64}$/.test(value)

/** `error` is an OAuth error code; `claim` and `reason` are jose's. */
const harmless: readonly (readonly [string, (value: unknown) => boolean])[] = [
  ['status', isNumber],
  ['statusCode', isNumber],
  ['error', (value) => typeof value === 'string' && /^[a-z_]{1,40}$/.test(value)],
  ['claim', isWord],
  ['reason', isWord],
  ['syscall', isWord],
  ['hostname', isWord],
  ['address', isWord],
  ['port', isNumber],
]
