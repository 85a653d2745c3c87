import { readMember } from './read-member.js'
import { logUrl, redactText } from './redact.js'

/** What of a request may be logged: no header, no query. */
export function logRequest(request: unknown): Record<string, unknown> | undefined {
  if (typeof request !== 'object' || request === null) return undefined
  const target = readMember(request, 'originalUrl') ?? readMember(request, 'url')
  const method = readMember(request, 'method')
  return {
    method: typeof method === 'string' ? redactText(method) : undefined,
    path: typeof target === 'string' ? logUrl(target) : undefined,
  }
}

/** What of a response may be logged. */
export function logResponse(response: unknown): Record<string, unknown> | undefined {
  if (typeof response !== 'object' || response === null) return undefined
  const statusCode = readMember(response, 'statusCode')
  return typeof statusCode === 'number' ? { statusCode } : undefined
}
