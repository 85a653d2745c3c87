import type { FastifyRequest } from 'fastify'
import type { EndpointContext } from './endpoint-context.js'
import { initiatorOf } from './navigation.js'

/** Whether another site made this request, so that the browser may not have sent the session cookie. */
export function withholdsSession(
  { publicUrl, sameSite }: Pick<EndpointContext, 'publicUrl' | 'sameSite'>,
  { method, raw: { headers } }: FastifyRequest,
): boolean {
  if (initiatorOf(headers, publicUrl.origin) !== 'cross-site') return false
  return sameSite === 'strict' || (sameSite === 'lax' && method === 'POST')
}
