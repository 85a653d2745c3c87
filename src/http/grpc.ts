import type { FastifyReply } from 'fastify'
import type { IncomingMessage } from 'node:http'
import { Http2ServerRequest } from 'node:http2'
import type { Problem } from './problem.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether refusing this request takes a status of gRPC; whoever knows that it was to be forwarded says so. */
    isGrpcCall: boolean
  }
}

/**
 * Whether a request is a call of gRPC, whose clients understand no status but their own.
 *
 * Refusing one takes the status 200, which an ingress that asks by a subrequest would take for consent. Such a request has
 * the content type of the one that it asks about. So this counts for requests that are to be forwarded, only, and for
 * nothing that is less than a call: HTTP/2 and POST.
 */
export const isGrpcCall = (request: IncomingMessage): boolean =>
  request instanceof Http2ServerRequest &&
  request.method === 'POST' &&
  /^application\/grpc(?:[+;]|$)/i.test(request.headers['content-type'] ?? '')

/** The status of gRPC for one of HTTP; the rest is UNKNOWN. */
const grpcStatuses: Readonly<Record<number, number>> = {
  401: 16,
  403: 7,
  413: 8,
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
  reply.removeHeader('connection')
  reply.hijack()
  for (const [name, value] of Object.entries(reply.getHeaders())) raw.setHeader(name, value ?? '')
  raw.end()
  return reply
}
