import { fetch } from 'undici'
import { startSignedInValetkey } from '../contenders/valetkey.js'
import { startAuthRequestNginx } from '../harness/auth-request-nginx.js'
import { cpuDuring } from '../harness/cpu-during.js'
import type { Owner } from '../harness/owner.js'
import { startParts } from '../harness/parts.js'
import { inRounds } from '../harness/rounds.js'
import { medianOf, percent } from '../harness/statistics.js'
import { markdownTable } from '../harness/table.js'
import { runWrk } from '../harness/wrk.js'

const rounds = 5
const seconds = 4

/** What a decision costs that an ingress asks for: alone, and with the nginx that asks and forwards. */
export async function forwardAuth(owner: Owner): Promise<string> {
  const parts = await startParts(owner)
  const { url, headers, pid } = await startSignedInValetkey('Valetkey', parts, {
    config: { trustedProxies: ['127.0.0.1/32'] },
  })
  const nginx = await startAuthRequestNginx(owner, url, parts.upstream)
  const { host } = new URL(url)
  const asNginx = {
    ...headers,
    'X-Original-URL': `http://${host}/small`,
    'X-Original-Method': 'GET',
    'X-Forwarded-For': '192.0.2.1',
    'X-Forwarded-Proto': 'http',
    'X-Forwarded-Host': host,
  }
  const cases = [
    { name: 'decision alone', url: `${url}/oauth2/auth`, headers: asNginx, expected: 202 },
    { name: 'nginx, asking Valetkey', url: `${nginx.url}/small`, headers, expected: 200 },
    { name: 'nginx, asking nobody', url: `${nginx.unaskedUrl}/small`, headers, expected: 200 },
  ]
  await expectStatus(`${nginx.url}/small`, {}, 401)
  for (const each of cases) {
    await expectStatus(each.url, each.headers, each.expected)
    await runWrk({ ...each, seconds: 2 })
  }
  const measured = await inRounds(rounds, cases, (each) =>
    cpuDuring([pid, nginx.pid], () => runWrk({ ...each, seconds })),
  )
  const rows = cases.map(({ name }, at) => {
    const all = measured[at] ?? []
    const [valetkey, ofNginx] = [0, 1].map((place) =>
      medianOf(all.map(({ cpuMs, result }) => ((cpuMs[place] ?? 0) * 1000) / result.requests)),
    )
    return [
      name,
      valetkey?.median.toFixed(1) ?? '',
      ofNginx?.median.toFixed(1) ?? '',
      percent(medianOf(all.map(({ cpuMs, result }) => total(cpuMs) / result.requests)).spread),
      medianOf(all.map(({ result }) => result.perSecond)).median.toFixed(0),
      medianOf(all.map(({ result }) => result.p99Ms)).median.toFixed(2),
    ]
  })
  return markdownTable(['', 'CPU µs of Valetkey', 'of nginx', '±', 'req/s', 'p99 ms'], rows)
}

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)

async function expectStatus(
  url: string,
  headers: Readonly<Record<string, string>>,
  expected: number,
): Promise<void> {
  const response = await fetch(url, { headers })
  await response.text()
  if (response.status !== expected) throw new Error(`${url} answers with ${response.status}`)
}
