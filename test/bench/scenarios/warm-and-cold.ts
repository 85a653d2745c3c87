import { startRedis } from '../../helpers/redis-server.js'
import { startSignedInValetkey } from '../contenders/valetkey.js'
import { figuresTable, medianFigure } from '../harness/figures-table.js'
import { measure } from '../harness/measure.js'
import type { Owner } from '../harness/owner.js'
import { startParts } from '../harness/parts.js'
import { type CommandFigures, fetchCommands } from '../harness/redis-figures.js'
import { inRounds } from '../harness/rounds.js'
import { nothingToNote, storeSessions } from '../harness/stored-sessions.js'

const sessions = 100_000
/** More than the cache has room for. */
const othersInCache = 20_000
const rounds = 5
const seconds = 4
const connections = 32

/** What a request costs whose session is in the process, and one whose session is in Redis alone. */
export async function warmAndCold(owner: Owner): Promise<string> {
  const parts = await startParts(owner)
  const redis = await startRedis()
  owner.teardown(() => redis.stop())
  const { issuer } = parts.provider
  const stored = { issuer, activeAgoMs: nothingToNote }
  const cookies = await storeSessions(redis, sessions + othersInCache, stored)
  const others = cookies.splice(sessions)
  const warm = await startSignedInValetkey('warm', parts, { redis })
  const cold = await startSignedInValetkey('cold', parts, { redis })
  const client = redis.client()
  const load = { path: '/small', connections }
  const measureWarm = () => measure(warm, load, seconds)
  const measureEach = (inTurn: readonly string[]) =>
    measure({ ...cold, headers: {} }, { ...load, cookies: inTurn }, seconds)
  let next = 0
  const measureCold = async () => {
    // All of them in turn, from one round to the next: when one comes again, it was used too long ago to be cached.
    const inTurn = [...cookies.slice(next), ...cookies.slice(0, next)]
    await client.config('RESETSTAT')
    const figures = await measureEach(inTurn)
    // With those that were under way when time was up.
    next = (next + figures.requests + connections) % sessions
    expectOneEach(await fetchCommands(client), figures.requests)
    return figures
  }
  for (let asked = 0; asked < others.length;) asked += (await measureEach(others)).requests
  const cases = [measureWarm, measureCold]
  for (const warmUp of cases) await warmUp()
  const figures = await inRounds(rounds, cases, (measureOne) => measureOne())
  const [ofWarm = [], ofCold = []] = figures
  const ratio = medianFigure(ofCold, 'cpuMicros') / medianFigure(ofWarm, 'cpuMicros')
  return `${figuresTable([
    ['warm', ofWarm],
    ['cold', ofCold],
  ])}
A cold request, each of another of ${sessions.toLocaleString('en')} sessions, costs ${ratio.toFixed(2)} times a warm one, and exactly one command of Redis, \`HMGET\`.`
}

/** Throws unless there was one HMGET for each request and nothing else; the last ones may have got no answer. */
function expectOneEach(commands: ReadonlyMap<string, CommandFigures>, requests: number): void {
  const calls = commands.get('hmget')?.calls ?? 0
  if (commands.size === 1 && calls >= requests && calls <= requests + connections) return
  const seen = [...commands].map(([name, each]) => `${each.calls} ${name}`).join(', ')
  throw new Error(`${requests} cold requests made ${seen || 'no commands'}`)
}
