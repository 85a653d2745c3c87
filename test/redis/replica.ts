import type { Test } from 'tap'
import { connectRedis } from '../../src/redis/connect.js'
import type { RedisSettings } from '../../src/redis/redis-settings.js'
import type { SessionStore } from '../../src/session/session-store.js'
import type { Sessions } from '../../src/session/sessions.js'
import { createTicket } from '../../src/session/ticket.js'
import {
  createTestSessions,
  createTokens,
  identity,
  nextChange,
  type TestSessionsOptions,
  until,
} from '../session/fixtures.js'

const minute = 60_000
const extend = { extend: true }

/** What one Valetkey process has: its own connections, cache and single flight. */
export interface Replica {
  readonly sessions: Sessions
  readonly store: SessionStore
}

export type ReplicaOptions = TestSessionsOptions & {
  readonly url?: string
  /** Where Redis is, if not at one URL. */
  readonly redis?: RedisSettings
  readonly commandTimeoutMs?: number
}

export async function startReplica(
  t: Test,
  { url, redis, commandTimeoutMs = 1000, ...options }: ReplicaOptions,
) {
  const settings = redis ?? { url }
  const connected = connectRedis({ ...settings, keyPrefix: 'valetkey:', commandTimeoutMs })
  const sessions = createTestSessions(t, { ...connected, ...options })
  await until(() => connected.store.changes.certainty() !== undefined)
  return { sessions, store: connected.store }
}

export async function signIn(sessions: Sessions, tokenLifetimeMs = 60 * minute) {
  const now = Date.now()
  return sessions.create({ identity, tokens: createTokens(now, tokenLifetimeMs) }, now)
}

export const load = (sessions: Sessions, cookieValue: string) =>
  sessions.load(cookieValue, Date.now(), extend)

/** Waits for the reports of all earlier changes, which come in order, and loads: the cache answers then. */
export async function warmUp({ sessions, store }: Replica, cookieValue: string) {
  const marker = createTicket().key
  const reported = nextChange(store, marker)
  await store.create(marker, Buffer.from('marker'), Date.now(), Date.now() + minute)
  await reported
  await load(sessions, cookieValue)
  await until(() => sessions.loadCached(cookieValue, Date.now()) !== undefined)
}

/** Loads until the cache answers, whatever happens to the connections meanwhile. */
export async function warmUpThroughFaults({ sessions }: Replica, cookieValue: string) {
  await until(async () => {
    await load(sessions, cookieValue).catch(() => {})
    return sessions.loadCached(cookieValue, Date.now()) !== undefined
  })
}
