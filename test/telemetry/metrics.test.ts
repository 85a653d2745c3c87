import t from 'tap'
import { createMetrics } from '../../src/telemetry/metrics.js'

t.test('OPS-2 counts by code and shows it to Prometheus', async (t) => {
  const metrics = createMetrics()
  metrics.request('proxied')
  metrics.request('proxied')
  metrics.request('ERR_LOGIN_REQUIRED')
  metrics.login('ok')
  metrics.refresh('refreshed')
  metrics.sessionCreated()
  metrics.sessionEnded('signed_out')
  metrics.storeError('ERR_STORE_UNAVAILABLE')
  metrics.upstreamError('ERR_UPSTREAM_TIMEOUT')
  metrics.upstreamAnswered(30)
  const text = await metrics.render()
  for (const line of [
    'valetkey_requests_total{answer="proxied"} 2',
    'valetkey_requests_total{answer="ERR_LOGIN_REQUIRED"} 1',
    'valetkey_logins_total{result="ok"} 1',
    'valetkey_refreshes_total{outcome="refreshed"} 1',
    'valetkey_sessions_created_total 1',
    'valetkey_sessions_ended_total{reason="signed_out"} 1',
    'valetkey_store_errors_total{code="ERR_STORE_UNAVAILABLE"} 1',
    'valetkey_upstream_errors_total{code="ERR_UPSTREAM_TIMEOUT"} 1',
    'valetkey_upstream_response_seconds_bucket{le="0.025"} 0',
    'valetkey_upstream_response_seconds_bucket{le="0.05"} 1',
    'valetkey_upstream_response_seconds_sum 0.03',
  ]) {
    t.ok(text.split('\n').includes(line), line)
  }
  t.match(text, 'nodejs_eventloop_lag_p99_seconds')
  t.match(text, 'process_resident_memory_bytes')
  t.match(metrics.contentType, 'text/plain')
  t.equal(await metrics.render().then((again) => again.includes('answer="proxied"} 2')), true)
})

t.test('gauges ask when they are read', async (t) => {
  const metrics = createMetrics()
  let bytes = 1
  let ready = false
  metrics.watchSessionCache(() => ({ bytes, sessions: 3 }))
  metrics.watchReadiness(async () => ready)
  t.match(await metrics.render(), /valetkey_session_cache_bytes 1\n[^]*valetkey_ready 0\n/)
  bytes = 2
  ready = true
  t.match(await metrics.render(), /valetkey_session_cache_bytes 2\n[^]*valetkey_ready 1\n/)
})

t.test("labels hold no one's data and do not grow without bound", async (t) => {
  const metrics = createMetrics()
  for (const odd of ['alice@example.com', 'a b', '', 'x'.repeat(65), '"}\nevil 1', '/path?q']) {
    metrics.login(odd)
  }
  for (let at = 0; at < 1000; at += 1) metrics.login(`label-${at}`)
  const lines = (await metrics.render())
    .split('\n')
    .filter((line) => line.startsWith('valetkey_logins'))
  t.ok(lines.length <= 201, `${lines.length} series`)
  t.notMatch(lines.join('\n'), /alice|evil|path/)
  const counted = lines.reduce((sum, line) => sum + Number(line.split(' ')[1]), 0)
  t.equal(counted, 1006)
})

t.test('two of them do not disturb each other', async (t) => {
  const [one, other] = [createMetrics(), createMetrics()]
  one.sessionCreated()
  t.match(await other.render(), 'valetkey_sessions_created_total 0')
})
