import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import { answerHeaderName } from '../answer-header.js'
import { responseUnderWay } from '../left-connection.js'
import { findProblem, problemDetails } from './problem.js'

/** Answers bytes that are no HTTP request; there is no request to speak of and no telling what follows. */
export type AnswerMalformed = (error: Error & { code?: string }, socket: Socket) => void

export function createMalformedAnswers(options: {
  readonly logger: FastifyBaseLogger
  readonly newRequestId: () => string
}): AnswerMalformed {
  return function answerMalformed({ code: cause = '' }, socket) {
    // What failed may be TLS or the connection itself, which takes no answer.
    const isHttp = cause.startsWith('HPE_') || cause.startsWith('ERR_HTTP_')
    const isAnswering = responseUnderWay(socket)?.headersSent === true
    if (!isHttp || socket.destroyed || !socket.writable || isAnswering) {
      socket.destroy()
      return
    }
    const problem = findProblem(codes[cause] ?? 'ERR_REQUEST')
    const { code, status } = problem
    const reqId = options.newRequestId()
    options.logger.debug({ reqId, code, cause }, 'answered what is no request')
    const body = JSON.stringify(problemDetails(problem, reqId, {}))
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${answerHeaderName}: ${code}\r\n` +
        `Content-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
        `Cache-Control: no-store\r\nConnection: close\r\n\r\n${body}`,
    )
  }
}

const codes: Record<string, string> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'ERR_REQUEST_TIMEOUT',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'ERR_REQUEST_TOO_LARGE',
  HPE_HEADER_OVERFLOW: 'ERR_REQUEST_HEADERS_TOO_LARGE',
}
