import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { createTally, type Tally } from './tally.js'

/** What Valetkey counts. Labels are codes and names of the configuration, never anything of a person. */
export interface Metrics {
  /** Answered requests by `X-Valetkey-Answer`, or `proxied`. */
  readonly request: Tally
  /** Finished logins by result: `ok` or the code of the failure. */
  readonly login: Tally
  /** Access tokens that clients presented, by result: `accepted` or the code of the refusal. */
  readonly bearer: Tally
  /** Refreshes by outcome: `refreshed`, `adopted` (somebody else had done it), `ended`, `unavailable`. */
  readonly refresh: Tally
  /** Token exchanges for upstreams by outcome: `exchanged` or the code of the failure. */
  readonly tokenExchange: Tally
  sessionCreated(): void
  /** Ended sessions by reason: `signed_out`, `refresh_rejected`, … */
  readonly sessionEnded: Tally
  /** Revoked tokens by outcome: `revoked`, or why not. */
  readonly revocation: Tally
  readonly storeError: Tally
  readonly upstreamError: Tally
  /** The time from forwarding a request until the response's headers, in milliseconds. */
  upstreamAnswered(durationMs: number): void
  /** Asks for the size of the session cache whenever the metrics are read. */
  watchSessionCache(read: () => { readonly bytes: number; readonly sessions: number }): void
  /** Asks whether the process is ready whenever the metrics are read. */
  watchReadiness(read: () => Promise<boolean>): void
  readonly contentType: string
  render(): Promise<string>
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const tally = (name: string, label: string, help: string) =>
    createTally(registry, { name: `valetkey_${name}_total`, label, help })

  const sessionsCreated = new Counter({
    name: 'valetkey_sessions_created_total',
    help: 'Sessions that began.',
    registers: [registry],
  })
  const upstreamSeconds = new Histogram({
    name: 'valetkey_upstream_response_seconds',
    help: 'Time until the upstream sent its response headers.',
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  })
  const gauge = (name: string, help: string, read: () => number | Promise<number>) =>
    new Gauge({
      name: `valetkey_${name}`,
      help,
      registers: [registry],
      async collect() {
        this.set(await read())
      },
    })

  return {
    request: tally('requests', 'answer', 'Requests by the answer that they got.'),
    login: tally('logins', 'result', 'Logins by result.'),
    bearer: tally('bearer_requests', 'result', 'Requests with an access token by result.'),
    refresh: tally('refreshes', 'outcome', 'Refreshes of access tokens by outcome.'),
    tokenExchange: tally('token_exchanges', 'outcome', 'Token exchanges for upstreams by outcome.'),
    sessionCreated: () => sessionsCreated.inc(),
    sessionEnded: tally('sessions_ended', 'reason', 'Sessions that ended, by reason.'),
    revocation: tally('revocations', 'outcome', 'Tokens revoked at sign-out by outcome.'),
    storeError: tally('store_errors', 'code', 'Failed operations of the session store by code.'),
    upstreamError: tally('upstream_errors', 'code', 'Failed requests to upstreams by code.'),
    upstreamAnswered: (durationMs) => upstreamSeconds.observe(durationMs / 1000),
    watchSessionCache(read) {
      gauge('session_cache_bytes', 'Bytes in the session cache.', () => read().bytes)
      gauge('session_cache_sessions', 'Sessions in the session cache.', () => read().sessions)
    },
    watchReadiness(read) {
      gauge('ready', '1 when ready, else 0.', async () => ((await read()) ? 1 : 0))
    },
    contentType: registry.contentType,
    render: () => registry.metrics(),
  }
}
