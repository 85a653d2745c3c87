import { startBareCaddy, startBareHaproxy, startBareNginx } from './contenders/bare-servers.js'
import { startBareFastify, startBareUndici } from './contenders/bare-node.js'
import type { Contender, StartContender } from './contenders/contender.js'
import { startModAuthOpenidc } from './contenders/mod-auth-openidc.js'
import { startOauth2Proxy } from './contenders/oauth2-proxy.js'
import { startValetkeyOnMemory, startValetkeyOnRedis } from './contenders/valetkey.js'
import { smallAnswer } from './harness/bench-upstream.js'
import { expectServed, type Figures, measure, type Workload } from './harness/measure.js'
import type { Owner } from './harness/owner.js'
import { startParts } from './harness/parts.js'
import { inRounds } from './harness/rounds.js'
import { medianOf, percent } from './harness/statistics.js'
import { byRow, markdownTable } from './harness/table.js'

const all: readonly StartContender[] = [
  startBareNginx,
  startBareHaproxy,
  startBareCaddy,
  startBareUndici,
  startBareFastify,
  startModAuthOpenidc,
  startOauth2Proxy,
  startValetkeyOnMemory,
  startValetkeyOnRedis,
]
const few: readonly StartContender[] = [startBareNginx, startBareUndici, startValetkeyOnMemory]

const workloads: Readonly<Record<string, Workload>> = {
  'small JSON': { path: '/small' },
  '10 KB': { path: '/10k' },
  '1 MB': { path: '/1m' },
  '1 MB upload': { path: '/upload', uploadBytes: 1024 * 1024 },
}

interface Measured {
  readonly contender: Contender
  readonly rounds: readonly Figures[]
}

/** Measures all contenders with every workload, in interleaved rounds. */
export async function sideBySide(owner: Owner): Promise<string> {
  const { contenders, missing } = await startAll(owner, all)
  const tables: string[] = []
  for (const [name, workload] of Object.entries(workloads)) {
    const measured = await measureAll(contenders, workload, { rounds: 3, seconds: 2 })
    tables.push(`### ${name}\n\n${headlineOf(measured)}\n\n${tableOf(measured)}`)
  }
  const versions = contenders.map(({ name, version }) => `${name}: ${version}`).join('; ')
  return `${tables.join('\n')}\nVersions: ${versions}.${leftOut(missing)}`
}

/** Valetkey beside the bare proxies, within a minute. */
export async function quick(owner: Owner): Promise<string> {
  const { contenders, missing } = await startAll(owner, few)
  const measured = await measureAll(contenders, { path: '/small' }, { rounds: 3, seconds: 3 })
  return `${tableOf(measured)}${leftOut(missing)}\n`
}

const leftOut = (missing: readonly string[]) =>
  missing.length === 0 ? '' : ` Not installed and left out: ${missing.join(', ')}.`

async function startAll(owner: Owner, starts: readonly StartContender[]) {
  const parts = await startParts(owner)
  const contenders: Contender[] = []
  const missing: string[] = []
  for (const start of starts) {
    const contender = await start(parts)
    if ('missing' in contender) missing.push(contender.missing)
    else {
      await expectServed(contender, '/small', smallAnswer)
      contenders.push(contender)
    }
  }
  return { contenders, missing }
}

async function measureAll(
  contenders: readonly Contender[],
  workload: Workload,
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<Measured[]> {
  // What runs for the first time is compiled, and connections are opened.
  for (const contender of contenders) await measure(contender, workload, 1)
  const figures = await inRounds(rounds, contenders, async (each) => {
    // It was idle while the others were measured; what it takes to get going again does not count.
    await measure(each, workload, 1)
    return measure(each, workload, seconds)
  })
  return contenders.map((contender, at) => ({ contender, rounds: figures[at] ?? [] }))
}

/** The medians of what was measured, and the ratios between them. */
function compare(measured: readonly Measured[]) {
  const median = ({ rounds }: Measured, figure: keyof Figures) =>
    medianOf(rounds.map((round) => round[figure])).median
  const find = (name: string) => measured.find(({ contender }) => contender.name.startsWith(name))
  /** NaN where one of them is missing. */
  const ratio = (each: Measured | undefined, name: string) => {
    const other = find(name)
    return each && other ? median(each, 'cpuMicros') / median(other, 'cpuMicros') : Number.NaN
  }
  return { median, find, ratio }
}

function headlineOf(measured: readonly Measured[]): string {
  const { find, ratio } = compare(measured)
  const sentences = ['memory', 'Redis'].map((store) => {
    const valetkey = find(`Valetkey, ${store}`)
    const [nginx, node, apache] = ['nginx', 'node:http', 'Apache'].map((name) =>
      ratio(valetkey, name).toFixed(2),
    )
    return `with sessions in ${store} **${nginx} times** the CPU time of nginx that lets everybody in, ${node} times that of node:http with undici, and **${apache} times** that of Apache with mod_auth_openidc`
  })
  return `Valetkey takes ${sentences.join('; ')}.`
}

function tableOf(measured: readonly Measured[]): string {
  const { median, ratio } = compare(measured)
  const ratioTo = (name: string) => (each: Measured) => {
    const found = ratio(each, name)
    return Number.isNaN(found) ? '' : found.toFixed(2)
  }
  const figure = (name: keyof Figures, decimals: number) => (each: Measured) =>
    median(each, name).toFixed(decimals)
  const columns: [string, (each: Measured) => string][] = [
    ['CPU µs', figure('cpuMicros', 1)],
    ['±', ({ rounds }) => percent(medianOf(rounds.map((round) => round.cpuMicros)).spread)],
    ['to nginx', ratioTo('nginx')],
    ['to node', ratioTo('node:http')],
    ['to Apache', ratioTo('Apache')],
    ['Redis µs', figure('redisMicros', 1)],
    ['req/s', figure('perSecond', 0)],
    ['p50 ms', figure('p50Ms', 2)],
    ['p99 ms', figure('p99Ms', 2)],
    ['p99.9 ms', figure('p999Ms', 2)],
    ['MB', figure('megabytes', 0)],
  ]
  const rows = byRow(
    columns.map(([, cell]) => cell),
    measured.map((each) => [each.contender.name, (cell) => cell(each)]),
  )
  return markdownTable(['', ...columns.map(([name]) => name)], rows)
}
