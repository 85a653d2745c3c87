import type { Test } from 'tap'
import { createMemoryRefreshLock } from '../../src/session/memory-refresh-lock.js'
import { createMemoryStore } from '../../src/session/memory-store.js'
import type { RefreshReport } from '../../src/session/refresh-session.js'
import type { LiveSession, Sessions } from '../../src/session/sessions.js'
import { createFaultyStore } from './faulty-store.js'
import {
  createRotatingProvider,
  createTestSessions,
  createTokens,
  identity,
  keyRing,
  type TestSessionsOptions,
  until,
} from './fixtures.js'

export const minute = 60_000
export const hour = 60 * minute
export const tokenLifetimeMs = 5 * minute
export const extend = { extend: true }

/** Two replicas on one store and lock, one provider, and a clock to turn. */
export function setUpReplicas(t: Test, options: TestSessionsOptions = {}) {
  const time = { now: Date.now() }
  const clock = () => time.now
  const issue = () => ({
    kind: 'refreshed' as const,
    tokens: createTokens(time.now, tokenLifetimeMs),
  })
  const provider = createRotatingProvider(issue)
  const real = createMemoryStore(clock)
  const faulty = createFaultyStore(real, options.monotonic ?? clock)
  const lock = createMemoryRefreshLock(clock)
  const results: RefreshReport[] = []
  const events = { onRefresh: (_key: string, report: RefreshReport) => void results.push(report) }
  const { refresher } = provider
  const common = { lock, keyRing, clock, refresher, ...options }
  const here = createTestSessions(t, { store: faulty.store, events, ...common })
  const there = createTestSessions(t, { store: real, ...common })
  const signIn = async (lifetimeMs = tokenLifetimeMs) => {
    const tokens = createTokens(time.now, lifetimeMs)
    return here.create({ identity, tokens }, time.now)
  }
  const load = async (sessions: Sessions, cookieValue: string): Promise<LiveSession> => {
    const live = await sessions.load(cookieValue, time.now, extend)
    if (live === undefined) throw new Error('the session is gone')
    return live
  }
  return { time, provider, issue, faulty, lock, here, there, results, signIn, load }
}

export const isDone = (results: RefreshReport[], count = 1) => until(() => results.length >= count)

/** Sessions on a store whose faults and clock are at hand. */
export function setUpProcess(t: Test, options: TestSessionsOptions = {}) {
  const time = { now: Date.now() }
  const clock = () => time.now
  const faulty = createFaultyStore(createMemoryStore(clock), options.monotonic ?? clock)
  const sessions = createTestSessions(t, { store: faulty.store, clock, ...options })
  const signIn = () =>
    sessions.create({ identity, tokens: createTokens(time.now, 10 * hour) }, time.now)
  return { time, faulty, sessions, signIn, counts: faulty.counts }
}
