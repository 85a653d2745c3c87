import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { answerHeaderName } from './answers.js'
import { responseUnderWay } from '../left-connection.js'

/** Answers bytes that are no HTTP request; there is no request to speak of and no telling what follows. */
export function answerMalformed(
  this: FastifyInstance,
  error: Error & { code?: string },
  socket: Socket,
): void {
  const { code: cause = '' } = error
  // What failed may be TLS or the connection itself, which takes no answer.
  const isHttp = cause.startsWith('HPE_') || cause.startsWith('ERR_HTTP_')
  if (
    !isHttp ||
    socket.destroyed ||
    !socket.writable ||
    responseUnderWay(socket)?.headersSent === true
  ) {
    socket.destroy()
    return
  }
  const [status, reason, code] = malformedAnswers[cause] ?? [400, 'Bad Request', 'ERR_REQUEST']
  const body = JSON.stringify({ type: 'about:blank', title: reason, status, code })
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\n${answerHeaderName}: ${code}\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${body.length}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n${body}`,
  )
}

const malformedAnswers: Record<string, [number, string, string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'ERR_REQUEST_TIMEOUT'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'Content Too Large', 'ERR_REQUEST_TOO_LARGE'],
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'ERR_REQUEST_HEADERS_TOO_LARGE'],
}
