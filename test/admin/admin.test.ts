import t, { type Test } from 'tap'
import { createAdmin, type Unreadiness } from '../../src/admin/admin.js'
import { createMalformedAnswers } from '../../src/http/malformed-requests.js'
import { createLogger } from '../../src/telemetry/logger.js'
import { createMetrics } from '../../src/telemetry/metrics.js'
import { parseResponse, rawRequest } from '../proxy/raw-request.js'
import { createTestSessions } from '../session/fixtures.js'

function start(t: Test, unreadiness: () => Promise<readonly Unreadiness[]>) {
  const log: string[] = []
  const logger = createLogger({ level: 'info', destination: { write: (line) => log.push(line) } })
  const inventory = createTestSessions(t)
  const sessions = { token: undefined, inventory, issuers: [], onRevoked: () => undefined }
  const answerMalformed = createMalformedAnswers({ logger, newRequestId: () => 'an-id' })
  const metrics = createMetrics()
  const admin = createAdmin({ logger, unreadiness, metrics, sessions, answerMalformed })
  t.teardown(() => admin.close())
  return { admin, log }
}

t.test('OPS-1 alive and ready are different questions', async (t) => {
  const reasons: Unreadiness[] = []
  const { admin } = start(t, async () => reasons)
  t.match(await admin.inject('/healthz'), { statusCode: 200 })
  const ready = await admin.inject('/readyz')
  t.equal(ready.statusCode, 200)
  t.same(ready.json(), { ready: true, reasons: [], warnings: [] })

  reasons.push({ component: 'provider corp', reason: 'discovery has not succeeded yet' })
  t.match(await admin.inject('/healthz'), { statusCode: 200 })
  const unready = await admin.inject('/readyz')
  t.equal(unready.statusCode, 503)
  t.same(unready.json(), { ready: false, reasons, warnings: [] })
  t.equal((await admin.inject({ method: 'HEAD', url: '/readyz' })).statusCode, 503)
})

t.test('answers are kept by nobody and probes leave no line in the log', async (t) => {
  const { admin, log } = start(t, async () => [])
  for (const url of ['/healthz', '/readyz', '/metrics', '/nothing']) {
    t.equal((await admin.inject(url)).headers['cache-control'], 'no-store', url)
  }
  t.same(log, [])
})

t.test('shows the metrics in the text format of Prometheus', async (t) => {
  const { admin } = start(t, async () => [])
  const answer = await admin.inject('/metrics')
  t.match(answer.headers['content-type'], 'text/plain; version=0.0.4')
  t.match(answer.body, '# TYPE valetkey_requests_total counter')
})

t.test('a failure shows its code outside and its reason in the log', async (t) => {
  const { admin, log } = start(t, async () => {
    throw new Error('inner detail')
  })
  const answer = await admin.inject('/readyz')
  t.equal(answer.statusCode, 500)
  t.match(answer.json(), { code: 'ERR_INTERNAL' })
  t.notMatch(answer.body, 'inner detail')
  t.match(log.join(''), 'inner detail')
  t.match(log.join(''), `"reqId":"${answer.json().request_id}"`)
})

t.test(
  'every refusal has a name and is problem details, as those of the public listener',
  async (t) => {
    const { admin, log } = start(t, async () => {
      throw new Error('inner detail')
    })
    const url = await admin.listen({ host: '127.0.0.1', port: 0 })
    const json = 'Content-Type: application/json\r\nContent-Length: 1\r\n\r\n{'
    const refused: [string, number, string, boolean][] = [
      ['GET /nothing', 404, 'ERR_ROUTE_NOT_FOUND', true],
      ['POST /healthz', 404, 'ERR_ROUTE_NOT_FOUND', true],
      ['GET /sessions', 403, 'ERR_ADMIN_TOKEN_MISSING', true],
      ['GET /sessions/%zz', 400, 'ERR_REQUEST', true],
      ['GET /readyz', 500, 'ERR_INTERNAL', true],
      ['NONE /', 400, 'ERR_REQUEST', true],
      ['PUT /nothing', 400, 'ERR_REQUEST', false],
    ]
    for (const [line, status, code, isBare] of refused) {
      const head = `${line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n`
      const bytes = head + (isBare ? '\r\n' : json)
      const text = await rawRequest(Number(new URL(url).port), bytes)
      const answer = parseResponse(text)
      t.equal(answer.status, status, line)
      const headers = answer.headerLines.map((each) => each.toLowerCase())
      t.ok(headers.includes(`x-valetkey-answer: ${code.toLowerCase()}`), line)
      t.match(headers.join('\n'), 'content-type: application/problem+json', line)
      t.ok(headers.includes('cache-control: no-store'), line)
      const problem: unknown = JSON.parse(answer.body)
      t.match(problem, { type: 'about:blank', title: /./, status, detail: /./, code }, line)
      t.match(problem, { request_id: /./ }, line)
      t.notMatch(text, /FST_|inner detail/, line)
    }
    const failures = log.filter((line) => line.includes('failed'))
    t.equal(failures.length, 1, 'a request that cannot be read is no failure of ours')
  },
)

t.test('closes at once although a probe keeps its connection', async (t) => {
  const { admin } = start(t, async () => [])
  const url = await admin.listen({ host: '127.0.0.1', port: 0 })
  const answer = await fetch(`${url}/healthz`, { headers: { connection: 'keep-alive' } })
  await answer.text()
  await admin.close()
  await t.rejects(fetch(`${url}/healthz`))
})
