import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Arrival } from './arrival.js'
import type { Judge } from './judge.js'
import type { Refuse } from './refusals.js'
import type { Admission } from './verdict.js'

/** Admits a request to its upstream, or answers it and gives undefined. */
export type Gate = (
  request: FastifyRequest,
  reply: FastifyReply,
  arrival: Arrival,
) => Promise<Admission | undefined>

/**
 * Answers the requests that are not to go to their upstream. A session store that cannot be reached is
 * thrown on and answered with 503: nobody is sent to the provider and no cookie is touched.
 */
export function createGate({ judge, refuse }: { judge: Judge; refuse: Refuse }): Gate {
  return async function admit(request, reply, arrival) {
    const verdict = await judge(arrival, request.raw)
    if (verdict.kind === 'admitted') return verdict.admission
    await refuse(request, reply, arrival, verdict)
    return undefined
  }
}
