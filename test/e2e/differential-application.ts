import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { Field } from '../helpers/raw-messages.js'
import { startUpstream } from '../helpers/upstream.js'
import type { Case } from './differential-cases.js'

/** What the application got, as far as it could tell. */
export interface Seen {
  readonly method: string
  readonly target: string
  readonly headers: readonly Field[]
  readonly isChunked: boolean
  readonly body: string
}

/** Closes a connection behind the others, whose own Connection fields might not. */
export const ending: Case = {
  method: 'GET',
  target: '/',
  headers: [['Connection', 'close']],
  body: [],
  isChunked: false,
  answer: { status: 200, reason: '', headers: [], body: [], isChunked: false, trailers: [] },
}

/** An application that answers each request of a run as its case says. */
export async function startApplication(t: { teardown: (close: () => Promise<void>) => void }) {
  let asked: readonly Case[] = []
  let run = 0
  const seen: Seen[] = []

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = Number(request.headers['x-case'])
    const found = asked[at]
    if (found === undefined || request.headers['x-run'] !== String(run)) {
      request.socket.destroy()
      return
    }
    const { method = '', url: target = '', rawHeaders } = request
    const isChunked = request.headers['transfer-encoding'] === 'chunked'
    const body = (await buffer(request)).toString('latin1')
    seen[at] = { method, target, headers: pairsOf(rawHeaders), isChunked, body }
    send(response, found.answer)
  }

  const upstream = await startUpstream((request, response) => void answer(request, response))
  t.teardown(() => upstream.close())
  return {
    url: upstream.url,
    port: upstream.port,
    /** What has arrived of the run, each at the place of its case. */
    seen,
    expect(cases: readonly Case[], number: number) {
      asked = [...cases, ending]
      run = number
      seen.length = 0
    },
  }
}

function send(response: ServerResponse, { status, ...answer }: Case['answer']): void {
  const hasBody = status !== 204 && status !== 304
  const isChunked = answer.isChunked && hasBody
  const headers = ['Date', 'Sun, 06 Nov 1994 08:49:37 GMT']
  if (isChunked) headers.push('Transfer-Encoding', 'chunked')
  else if (status !== 204) headers.push('Content-Length', String(answer.body.join('').length))
  response.writeHead(status, answer.reason, [...headers, ...answer.headers.flat()])
  if (isChunked)
    response.addTrailers(answer.trailers.map(([name, value]): [string, string] => [name, value]))
  if (hasBody) for (const piece of answer.body) response.write(piece, 'latin1')
  response.end()
}

const pairsOf = (raw: readonly string[]): Field[] =>
  raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ''] as const] : []))
