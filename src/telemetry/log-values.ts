import { errorFields, isErrorCode } from './error-fields.js'
import { readMember } from './read-member.js'
import { isSecretName, isUrlName, logUrl, redacted, redactText } from './redact.js'

const deepest = 6
const mostValues = 300
const longestCauseChain = 5

interface Budget {
  values: number
}

/**
 * Makes a value fit for the log: plain data without secrets, of bounded depth and size. It never
 * throws, whatever getters, proxies and cycles the value has.
 */
export function logValue(value: unknown): unknown {
  return describe(value, 0, { values: mostValues })
}

function describe(value: unknown, depth: number, budget: Budget): unknown {
  budget.values -= 1
  if (budget.values < 0) return '[more]'
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'function' || typeof value === 'symbol') return undefined
  if (typeof value !== 'object' || value === null) return value
  try {
    return depth < deepest ? describeObject(value, depth, budget) : '[deep]'
  } catch {
    return '[unreadable]'
  }
}

function describeObject(value: object, depth: number, budget: Budget): unknown {
  if (value instanceof Error) return describeError(value, depth, budget)
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return '[bytes]'
  if (value instanceof Date) return value.getTime()
  if (value instanceof URL) return logUrl(value.href)
  if (Array.isArray(value)) {
    return value
      .slice(0, Math.max(budget.values, 0))
      .map((member: unknown) => describe(member, depth + 1, budget))
  }
  return describeMembers(value, depth, budget)
}

function describeMembers(value: object, depth: number, budget: Budget): Record<string, unknown> {
  const described: Record<string, unknown> = {}
  for (const name of Object.keys(value)) {
    if (budget.values <= 0) break
    described[name] = describeMember(name, readMember(value, name), depth, budget)
  }
  return described
}

function describeMember(name: string, member: unknown, depth: number, budget: Budget): unknown {
  if (isSecretName(name)) {
    budget.values -= 1
    // `code` names outcomes, too; and a number or a flag under such a name tells nothing.
    if (typeof member === 'string') return isOutcome(member) ? member : redacted
    if (typeof member === 'object' && member !== null) return redacted
  }
  if (typeof member === 'string' && isUrlName(name)) return logUrl(member)
  return describe(member, depth + 1, budget)
}

function isOutcome(text: string): boolean {
  return text === 'ok' || isErrorCode(text)
}

/**
 * Describes an error by class, code, message, stack, the chain of causes and further properties that
 * are known to be harmless. All others stay out: errors of openid-client hold token responses, those of
 * ioredis the arguments of the command, those of undici request headers.
 */
function describeError(error: Error, depth: number, budget: Budget): Record<string, unknown> {
  const described = errorFields(error)
  const cause = readMember(error, 'cause')
  if (cause instanceof Error && depth < longestCauseChain) {
    described['cause'] = describe(cause, depth + 1, budget)
  }
  const errors = readMember(error, 'errors')
  if (Array.isArray(errors)) {
    described['errors'] = errors
      .slice(0, longestCauseChain)
      .filter((each) => each instanceof Error)
      .map((each) => describe(each, depth + 1, budget))
  }
  return described
}
