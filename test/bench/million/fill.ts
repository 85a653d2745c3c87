import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { createRedisLink } from '../../../src/redis/client.js'
import { createRedisKeys } from '../../../src/redis/redis-keys.js'
import { createRedisSessionStore } from '../../../src/redis/redis-session-store.js'
import type { KeyRing } from '../../../src/session/key-ring.js'
import { createMemoryRefreshLock } from '../../../src/session/memory-refresh-lock.js'
import { sealFacts } from '../../../src/session/session-facts.js'
import {
  createSessionRegister,
  type SessionRegister,
} from '../../../src/session/session-register.js'
import type { ChangeFeed } from '../../../src/session/session-store.js'
import type { Tokens } from '../../../src/session/session.js'
import { createSessions, type SessionsOptions } from '../../../src/session/sessions.js'
import { parseTicket } from '../../../src/session/ticket.js'
import { clientOf, createSignIn, identityOf } from './people.js'

export type Times = Pick<
  SessionsOptions,
  'inactivityTimeoutMs' | 'lifetimeMs' | 'refreshAheadMs' | 'staleOnStoreErrorMs'
>

export interface Filler {
  /** Creates the sessions with the numbers from `start` to before `end`; gives the cookies of some. */
  fill(start: number, end: number): Promise<string[]>
  close(): Promise<void>
}

export interface FillerOptions {
  readonly port: number
  readonly keyRing: KeyRing
  readonly issuer: string
  readonly times: Times
  /** Of so many sessions one has a cookie. */
  readonly oneIn: number
  /**
   * How long before now the session with that number was active last. By default so long that the first
   * request of each notes its activity, and none that follows does.
   */
  readonly activeAgoMs?: (number: number) => number
  /** Over the tokens of each. */
  readonly tokens?: Partial<Tokens>
}

const atOnce = 1000
const keyBytes = 32

/** ARGV: a sealed record for all, activity, time to live, expiry; then key, facts and sets of each. */
const copies = `
for at = 5, #ARGV, 5 do
  local session = 'valetkey:session:{' .. ARGV[at] .. '}'
  redis.call('HSET', session, 'sealed', ARGV[1], 'version', '1', 'active', ARGV[2], 'facts', ARGV[at + 1])
  redis.call('PEXPIRE', session, ARGV[3])
  for set = at + 2, at + 4 do
    redis.call('ZADD', ARGV[set], ARGV[4], ARGV[at])
    redis.call('PEXPIRE', ARGV[set], ARGV[3])
  end
end`

/**
 * Creates sessions as a login does, and between them, a hundred times as fast, sessions that are the same
 * to Redis and to the inventory, but whose sealed record is a copy of a real one and opens for nobody.
 */
export function createFiller(options: FillerOptions): Filler {
  const { port, keyRing, issuer, times, oneIn, activeAgoMs = () => 120_000, tokens } = options
  const client = new Redis(port, '127.0.0.1', { enableAutoPipelining: true })
  const keys = createRedisKeys('valetkey:')
  const store = createRedisSessionStore({
    link: createRedisLink(client),
    keys,
    changes: unheard,
    clock: Date.now,
    close: async () => client.disconnect(),
  })
  const register = createSessionRegister(store.index, keyRing)
  const sessions = createSessions({
    ...times,
    store,
    lock: createMemoryRefreshLock(),
    keyRing,
    refresher: () => undefined,
    cacheBytes: 0,
  })

  async function create(number: number): Promise<string> {
    const now = Date.now() - activeAgoMs(number)
    const signIn = createSignIn(issuer, number, now)
    const own = { tokens: { ...signIn.tokens, ...tokens }, startedAt: Date.now() }
    return (await sessions.create({ ...signIn, ...own }, now)).cookieValue
  }

  async function copy(cookie: string, numbers: readonly number[]): Promise<void> {
    const now = Date.now() - activeAgoMs(numbers[0] ?? 0)
    const sealed = await client.hgetBuffer(keys.session(parseTicket(cookie)?.key ?? ''), 'sealed')
    const random = randomBytes(keyBytes * numbers.length)
    const each = numbers.flatMap((number, at) => {
      const key = random.toString('base64url', at * keyBytes, (at + 1) * keyBytes)
      const { providerId, sub, sid = '' } = identityOf(issuer, number)
      const { userAgent, address } = clientOf(number)
      const facts = { schema: 1, providerId, issuer, sub, createdAt: now } as const
      const ofClient = { userAgent, clientAddress: address, endsAt: now + times.lifetimeMs }
      const sets = [...namesOf(register, issuer, sub, sid), `all-${key.slice(0, 1)}`]
      return [key, sealFacts(keyRing, key, { ...facts, ...ofClient }), ...sets.map(keys.index)]
    })
    const expiry = now + times.inactivityTimeoutMs
    await client.eval(copies, 0, sealed ?? '', now, times.inactivityTimeoutMs, expiry, ...each)
  }

  return {
    async fill(start, end) {
      const cookies: string[] = []
      for (let first = start; first < end; first += atOnce) {
        const numbers = Array.from({ length: Math.min(atOnce, end - first) }, (_, at) => first + at)
        const isReal = (number: number) => number % oneIn === 0 || number < atOnce
        const created = await Promise.all(numbers.filter(isReal).map(create))
        cookies.push(...created)
        await copy(
          created[0] ?? '',
          numbers.filter((number) => !isReal(number)),
        )
      }
      return cookies
    },
    close: () => sessions.close(),
  }
}

const namesOf = (register: SessionRegister, issuer: string, sub: string, sid: string) =>
  [register.namesOf({ issuer, sid }), register.namesOf({ issuer, sub })].flat()

const unheard: ChangeFeed = {
  subscribe() {},
  certainty: () => undefined,
  uncertainForMs: () => undefined,
}
