import { STATUS_CODES } from 'node:http'
import type { FastifyReply } from 'fastify'
import { answerHeaderName } from '../answer-header.js'

/** Why the admin listener refuses; `detail` is for the operator. */
export interface AdminProblem {
  readonly status: number
  readonly code: string
  readonly detail: string
}

/** Answers with problem details (RFC 9457), as the public listener does to programs. */
export function sendProblem(
  reply: FastifyReply,
  { status, code, detail }: AdminProblem,
): FastifyReply {
  const problem = {
    type: 'about:blank',
    title: STATUS_CODES[status],
    status,
    detail,
    code,
    request_id: reply.request.id,
  }
  return reply
    .code(status)
    .header(answerHeaderName, code)
    .type('application/problem+json')
    .send(JSON.stringify(problem))
}
