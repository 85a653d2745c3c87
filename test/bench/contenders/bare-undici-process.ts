// A proxy of node:http and undici, as short as it can be and with nothing that anybody would need besides: the
// limit of what a proxy in Node can cost. Arguments: the port to listen on, and the upstream.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Pool } from 'undici'

const [port, upstream = ''] = process.argv.slice(2)
const pool = new Pool(upstream, { connections: 64 })
const gone = new Error('the client has gone')
const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te'])

function endToEnd(headers: readonly string[]): string[] {
  const kept: string[] = []
  for (let at = 0; at < headers.length; at += 2) {
    const [name = '', value = ''] = headers.slice(at, at + 2)
    if (!hopByHop.has(name.toLowerCase())) kept.push(name, value)
  }
  return kept
}

function forward(request: IncomingMessage, response: ServerResponse): void {
  const headers = endToEnd(request.rawHeaders)
  headers.push('X-Forwarded-For', request.socket.remoteAddress ?? '')
  headers.push('X-Forwarded-Proto', 'http', 'X-Forwarded-Host', request.headers.host ?? '')
  const hasBody = request.headers['content-length'] !== undefined
  pool.dispatch(
    {
      method: request.method === 'PUT' ? 'PUT' : 'GET',
      path: request.url ?? '/',
      headers,
      body: hasBody ? request : null,
    },
    {
      onRequestStart(controller) {
        response.on('close', () => controller.abort(gone))
      },
      onResponseStart(_controller, status, _headers, statusText) {
        response.writeHead(status, statusText, endToEnd(rawHeadersOf(_controller)))
      },
      onResponseData(controller, piece) {
        if (response.write(piece)) return
        controller.pause()
        response.once('drain', () => controller.resume())
      },
      onResponseEnd() {
        response.end()
      },
      onResponseError() {
        response.destroy()
      },
    },
  )
}

function rawHeadersOf({ rawHeaders }: { rawHeaders?: unknown }): string[] {
  return Array.isArray(rawHeaders) ? rawHeaders.map(String) : []
}

createServer({ keepAliveTimeout: 60_000 }, forward).listen(Number(port), '127.0.0.1')
