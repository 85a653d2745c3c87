import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import { createEventStream, isEventStream } from './event-stream.js'
import type { UpstreamResponse } from './exchange.js'
import { breakOff, isHttp2, writeHttp2Head } from './http2-response.js'
import type { LiveConnection } from './live-connection.js'
import { buildResponseHeaders, type ResponseHeaderRules } from './response-headers.js'

/**
 * Sends the upstream's response on to the client as it comes, past fastify's serialization: header fields keep
 * spelling, order and duplicates. Headers that were set on the reply before replace the upstream's of the same name,
 * cookies stand beside them.
 *
 * When the body breaks off, so does the client's connection: a cut response never looks whole. When the client goes,
 * the body is destroyed; so it does when it takes nothing of the rest for `idleMs`, where 0 is no limit (while the body
 * comes, whoever reads it from the upstream sees to that). `onLive` gets hold of a response that does not end by itself.
 */
export const relayResponse = (
  reply: FastifyReply,
  response: UpstreamResponse,
  rules: ResponseHeaderRules,
  idleMs: number,
  onLive: (connection: LiveConnection) => void,
): void => {
  const { raw } = reply
  const headers = withOwnHeaders(buildResponseHeaders(response.rawHeaders, rules), reply)
  reply.hijack()

  response.body.on('error', () => breakOff(raw))
  raw.on('close', () => {
    if (!raw.writableFinished) response.body.destroy()
  })
  if (isHttp2(raw)) writeHttp2Head(raw, response.statusCode, headers)
  else raw.writeHead(response.statusCode, printable(response.statusMessage), headers)
  response.body.pipe(raw)
  response.body.once('end', () => giveUpWhenStuck(raw, idleMs))
  if (isEventStream(response)) onLive(createEventStream(raw, response))
}

const giveUpWhenStuck = (raw: ServerResponse, idleMs: number): void => {
  if (idleMs > 0 && raw.writableLength > 0) raw.setTimeout(idleMs, () => breakOff(raw))
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
