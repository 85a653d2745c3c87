import type { FastifyReply } from 'fastify'
import { createEventStream, isEventStream } from './event-stream.js'
import type { UpstreamResponse } from './exchange.js'
import type { LiveConnection } from './live-connection.js'
import { buildResponseHeaders, type ResponseHeaderRules } from './response-headers.js'

/**
 * Sends the upstream's response on to the client as it comes, past fastify's serialization: header fields keep
 * spelling, order and duplicates. Headers that were set on the reply before replace the upstream's of the same name,
 * cookies stand beside them.
 *
 * When the body breaks off, so does the client's connection: a cut response never looks whole. When the client goes,
 * the body is destroyed. `onLive` gets hold of a response that does not end by itself.
 */
export const relayResponse = (
  reply: FastifyReply,
  response: UpstreamResponse,
  rules: ResponseHeaderRules,
  onLive: (connection: LiveConnection) => void,
): void => {
  const { raw } = reply
  const headers = withOwnHeaders(buildResponseHeaders(response.rawHeaders, rules), reply)
  reply.hijack()

  const { socket } = raw
  response.body.on('error', () => {
    if (socket && 'resetAndDestroy' in socket) socket.resetAndDestroy()
    raw.destroy()
  })
  raw.on('close', () => {
    if (!raw.writableFinished) response.body.destroy()
  })
  raw.writeHead(response.statusCode, printable(response.statusMessage), headers)
  response.body.pipe(raw)
  if (isEventStream(response)) onLive(createEventStream(raw, response))
}

const withOwnHeaders = (headers: string[], reply: FastifyReply): string[] => {
  const own = Object.entries(reply.getHeaders())
  if (own.length === 0) return headers

  const replaced = new Set(own.map(([name]) => name).filter((name) => name !== 'set-cookie'))
  const merged: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? ''
    if (!replaced.has(name.toLowerCase())) merged.push(name, headers[i + 1] ?? '')
  }
  for (const [name, value] of own) {
    for (const each of Array.isArray(value) ? value : [value]) merged.push(name, String(each))
  }
  return merged
}

const printable = (reason: string): string => (/^[\t\x20-\x7e]*$/.test(reason) ? reason : '')
