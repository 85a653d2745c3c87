import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { createOwner } from './owner.js'
import { makeFolder } from './programs.js'

export interface WrkOptions {
  readonly url: string
  readonly seconds: number
  readonly headers?: Readonly<Record<string, string>>
  /** Default 32. */
  readonly connections?: number
  /** Sends so many bytes by PUT instead of a GET. */
  readonly uploadBytes?: number
  /** One `Cookie` header for each request, in turn. */
  readonly cookies?: readonly string[]
}

export interface WrkFigures {
  readonly requests: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
}

/** Puts one address under the load that it can take. Throws when anything but success is answered. */
export async function runWrk(options: WrkOptions): Promise<WrkFigures> {
  const { url, seconds, connections = 32, cookies } = options
  const owner = createOwner()
  const folder = await makeFolder(owner, {
    'load.lua': script(options),
    ...(cookies && { cookies: cookies.join('\n') }),
  })
  const child = spawn(
    'wrk',
    // prettier-ignore
    ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '--timeout', '30s', '-s', 'load.lua', url],
    { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const closed = once(child, 'close')
  const output = await text(child.stdout)
  await closed
  await owner.end()
  const line = /^FIGURES (.+)$/m.exec(output)?.[1]
  if (line === undefined) throw new Error(`wrk said:\n${output}`)
  const [requests, micros, p50, p99, p999, failed] = line.split(' ').map(Number)
  if (failed !== 0 || !requests || !micros) throw new Error(`wrk of ${url} failed:\n${output}`)
  return {
    requests,
    perSecond: (requests * 1e6) / micros,
    p50Ms: (p50 ?? Number.NaN) / 1000,
    p99Ms: (p99 ?? Number.NaN) / 1000,
    p999Ms: (p999 ?? Number.NaN) / 1000,
  }
}

function script({ headers = {}, uploadBytes, cookies }: WrkOptions): string {
  const lines = Object.entries(headers).map(
    ([name, value]) => `wrk.headers[${lua(name)}] = ${lua(value)}`,
  )
  if (uploadBytes !== undefined) {
    lines.push('wrk.method = "PUT"', `wrk.body = string.rep("x", ${uploadBytes})`)
  }
  if (cookies !== undefined) lines.push(eachCookieInTurn)
  return [...lines, printFigures].join('\n')
}

const lua = (value: string) => JSON.stringify(value)

const eachCookieInTurn = `
local requests, at = {}, 0
function init(args)
  for cookie in io.lines("cookies") do
    wrk.headers["Cookie"] = cookie
    requests[#requests + 1] = wrk.format()
  end
end
function request()
  at = at % #requests + 1
  return requests[at]
end`

const printFigures = `
function done(summary, latency)
  local errors = summary.errors
  print(string.format("FIGURES %d %d %d %d %d %d", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end`
