import type { FastifyReply, FastifyRequest } from 'fastify'
import { Http2ServerRequest } from 'node:http2'
import type { Problem } from './problem.js'

/** Whether a request is a call of gRPC, whose clients understand no status but their own. */
export const isGrpc = ({ raw }: FastifyRequest): boolean =>
  /^application\/grpc(?:[-+;]|$)/i.test(raw.headers['content-type'] ?? '')

/** The status of gRPC for one of HTTP, as its protocol maps those that proxies give; the rest is UNKNOWN. */
const grpcStatuses: Readonly<Record<number, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  405: 12,
  413: 8,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
  508: 14,
}

/**
 * Answers a call with a status alone ("Trailers-Only"): 200, and everything in the header fields, with no body behind
 * them. Fastify would send an end of the body by itself, after which clients of gRPC look for trailers.
 */
export const sendGrpcStatus = (reply: FastifyReply, { status, title }: Problem): FastifyReply => {
  const { raw } = reply
  reply.code(200).headers({
    'content-type': 'application/grpc',
    'grpc-status': String(grpcStatuses[status] ?? 2),
    'grpc-message': encodeURIComponent(title).replaceAll('%20', ' '),
  })
  if (reply.request.raw instanceof Http2ServerRequest) reply.removeHeader('connection')
  reply.hijack()
  for (const [name, value] of Object.entries(reply.getHeaders())) raw.setHeader(name, value ?? '')
  raw.end()
  return reply
}
