import { connect } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import t from 'tap'
import { startAppInProcess } from '../helpers/app-in-process.js'
import { type Field, parseMessages, type RawMessage } from '../helpers/raw-messages.js'
import { ending, type Seen, startApplication } from './differential-application.js'
import { cases, type Case } from './differential-cases.js'

t.setTimeout(120_000)

const requestsPerConnection = 20
const connections = 250

const straight = await startApplication(t)
const behind = await startApplication(t)
const valetkey = await startAppInProcess(t, {
  publicUrl: 'https://app.example.com',
  routes: [
    {
      match: { path: '/' },
      auth: 'public',
      forward: { clientAuthorization: 'pass' },
      upstream: behind.url,
    },
  ],
})

/** Sends the requests one after another on one connection, without waiting, and gives the answers. */
async function exchange(
  port: number,
  batch: readonly Case[],
  run: number,
): Promise<readonly RawMessage[]> {
  const socket = connect({ host: '127.0.0.1', port })
  socket.setEncoding('latin1')
  const asked = [...batch, ending]
  socket.write(asked.map((each, at) => bytesOf(each, run, at)).join(''), 'latin1')
  let received = ''
  for await (const chunk of socket) received += String(chunk)
  return parseMessages(
    received,
    asked.map(({ method }) => method),
  )
}

function bytesOf({ method, target, headers, isChunked, body }: Case, run: number, at: number) {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    'Host: app.example.com',
    `X-Run: ${run}`,
    `X-Case: ${at}`,
  ]
  for (const [name, value] of headers) lines.push(`${name}: ${value}`)
  if (body.length === 0) return `${lines.join('\r\n')}\r\n\r\n`
  const whole = body.join('')
  lines.push(isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${whole.length}`)
  const chunks = body.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`)
  return `${lines.join('\r\n')}\r\n\r\n${isChunked ? `${chunks.join('')}0\r\n\r\n` : whole}`
}

/** The fields that docs/endpoints.md names, and those that HTTP makes hop-by-hop. */
const isChanged = (name: string) =>
  /^(connection|keep-alive|te|transfer-encoding|proxy-auth.*|x-listed)$/i.test(name) ||
  /^(x[-_](forwarded|original|auth-request|valetkey)[-_].*|forwarded|via|x-real-ip|x-rewrite-url|client-ip)$/i.test(
    name,
  )

/** Two fields are written anew: their names in lower case, and with the length of no body where a method expects one. */
function sameButForSpelling([name, value]: Field): readonly Field[] {
  if (/^content-length$/i.test(name)) return value === '0' ? [] : [['content-length', value]]
  return [[/^host$/i.test(name) ? 'host' : name, value]]
}

function withoutChanged<Message extends { readonly headers: readonly Field[] }>(message: Message) {
  const headers = message.headers.filter(([name]) => !isChanged(name))
  return { ...message, headers: headers.flatMap(sameButForSpelling) }
}

/** A body that came in chunks may go on with its length, once all of it is there. */
function comparableRequest(seen: Seen, cameInChunks: boolean) {
  const { headers, isChunked, ...others } = withoutChanged(seen)
  if (!cameInChunks) return { headers, isChunked, ...others }
  return { headers: headers.filter(([name]) => name !== 'content-length'), ...others }
}

function comparableAnswer(message: RawMessage) {
  const trailers = message.trailers.filter(([name]) => !isChanged(name))
  return { ...withoutChanged(message), trailers }
}

t.test('HOP-1 HOP-10 5,000 requests and their answers are the same through Valetkey', async (t) => {
  let compared = 0
  let runs = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(cases, { minLength: requestsPerConnection, maxLength: requestsPerConnection }),
      async (batch) => {
        runs++
        straight.expect(batch, runs)
        behind.expect(batch, runs)
        const [expected, actual] = await Promise.all([
          exchange(straight.port, batch, runs),
          exchange(valetkey.port, batch, runs),
        ])
        for (const [at, { isChunked }] of batch.entries()) {
          compared++
          const [got, wanted] = [behind.seen[at], straight.seen[at]]
          same(
            got && comparableRequest(got, isChunked),
            wanted && comparableRequest(wanted, isChunked),
          )
          const [answer, original] = [actual[at], expected[at]]
          same(answer && comparableAnswer(answer), original && comparableAnswer(original))
        }
      },
    ),
    { numRuns: connections },
  )
  t.ok(compared >= 5000, `${compared} requests`)
})

function same(actual: unknown, expected: unknown): void {
  if (expected !== undefined && isDeepStrictEqual(actual, expected)) return
  throw new Error(
    `straight: ${JSON.stringify(expected)}\nthrough Valetkey: ${JSON.stringify(actual)}`,
  )
}
