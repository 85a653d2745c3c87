import t, { type Test } from 'tap'
import { createAdmin, type Unreadiness } from '../../src/admin/admin.js'
import { createLogger } from '../../src/telemetry/logger.js'
import { createMetrics } from '../../src/telemetry/metrics.js'

function start(t: Test, unreadiness: () => Promise<readonly Unreadiness[]>) {
  const log: string[] = []
  const logger = createLogger({ level: 'info', destination: { write: (line) => log.push(line) } })
  const admin = createAdmin({ logger, unreadiness, metrics: createMetrics() })
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
  t.same(answer.json(), { code: 'ERR_INTERNAL' })
  t.match(log.join(''), 'inner detail')
  const missing = await admin.inject('/sessions')
  t.equal(missing.statusCode, 404)
  t.same(missing.json(), { code: 'ERR_ROUTE_NOT_FOUND' })
})

t.test('closes at once although a probe keeps its connection', async (t) => {
  const { admin } = start(t, async () => [])
  const url = await admin.listen({ host: '127.0.0.1', port: 0 })
  const answer = await fetch(`${url}/healthz`, { headers: { connection: 'keep-alive' } })
  await answer.text()
  await admin.close()
  await t.rejects(fetch(`${url}/healthz`))
})
