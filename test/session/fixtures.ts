import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { createKeyRing, createSessionKey } from '../../src/session/key-ring.js'
import { createMemoryRefreshLock } from '../../src/session/memory-refresh-lock.js'
import { createMemoryStore } from '../../src/session/memory-store.js'
import type { Refresher, RefreshOutcome } from '../../src/session/refresher.js'
import { openSession } from '../../src/session/seal.js'
import type { SessionKey, SessionStore } from '../../src/session/session-store.js'
import type { Identity, SessionRecord, Tokens } from '../../src/session/session.js'
import {
  createSessions,
  type LiveSession,
  type SessionsOptions,
} from '../../src/session/sessions.js'

export const identity: Identity = {
  providerId: 'corp',
  issuer: 'https://idp.example.com',
  sub: 'alice-sub',
  sid: 'alice-sid',
  authenticatedAt: 1_700_000_000_000,
  claims: { sub: 'alice-sub', email: 'alice@example.com', groups: ['staff', 'admins'] },
}

/** Tokens that no two calls share, issued at `issuedAt`. */
export function createTokens(issuedAt: number, lifetimeMs: number): Tokens {
  return {
    accessToken: `access-${randomBytes(12).toString('hex')}`,
    accessTokenExpiresAt: issuedAt + lifetimeMs,
    accessTokenIssuedAt: issuedAt,
    refreshToken: `refresh-${randomBytes(12).toString('hex')}`,
    idToken: `id-${randomBytes(12).toString('hex')}`,
    scope: 'openid',
  }
}

export function createSession(
  now = Date.now(),
  changes: Partial<SessionRecord> = {},
): SessionRecord {
  return {
    schema: 1,
    identity,
    tokens: createTokens(now, 60_000),
    createdAt: now,
    endsAt: now + 3_600_000,
    ...changes,
  }
}

export const keyRing = createKeyRing([createSessionKey()])

/** The record that a store has of a session, opened. */
export async function recordIn(
  store: Pick<SessionStore, 'load'>,
  { key, ticket }: Pick<LiveSession, 'key' | 'ticket'>,
): Promise<SessionRecord> {
  const stored = await store.load(key)
  const record = stored && openSession(keyRing, ticket, stored.sealed)
  if (record === undefined) throw new Error('there is no such record')
  return record
}

const ready = () => ({ kind: 'refreshed', tokens: createTokens(Date.now(), 60_000) }) as const

/**
 * A provider's refresh endpoint that rotates: a refresh token that was used before is refused. Stands in
 * for a provider because each outcome and its moment must be chosen by the test.
 */
export function createRotatingProvider(
  answer: () => RefreshOutcome | Promise<RefreshOutcome> = ready,
) {
  const used = new Set<string | undefined>()
  const calls: string[] = []
  const reused: string[] = []
  const plan = { answer }
  const refresher: Refresher = async ({ tokens: { refreshToken } }) => {
    calls.push(refreshToken ?? 'none')
    if (used.has(refreshToken)) {
      reused.push(refreshToken ?? 'none')
      return { kind: 'rejected', reason: 'invalid_grant' }
    }
    // Used from the first call on, like at a provider that answers two calls at once.
    used.add(refreshToken)
    const outcome = await plan.answer()
    if (outcome.kind !== 'refreshed') used.delete(refreshToken)
    return outcome
  }
  /** As if what was used so far had never arrived. */
  const forget = () => used.clear()
  return { calls, reused, plan, refresher, forget }
}

export type TestSessionsOptions = Partial<Omit<SessionsOptions, 'refresher'>> & {
  readonly refresher?: Refresher | undefined
}

/** Sessions on a memory store unless told otherwise, with times that leave nothing to chance. */
export function createTestSessions(t: Test, options: TestSessionsOptions = {}) {
  const { refresher, ...rest } = options
  const sessions = createSessions({
    store: createMemoryStore(),
    lock: createMemoryRefreshLock(),
    keyRing,
    inactivityTimeoutMs: 3_600_000,
    lifetimeMs: 36_000_000,
    refreshAheadMs: 60_000,
    staleOnStoreErrorMs: 30_000,
    cacheBytes: 1_000_000,
    // Who turns the clock lets time pass, unless told otherwise.
    ...(rest.clock && { monotonic: rest.clock }),
    ...rest,
    refresher: () => refresher,
  })
  t.teardown(() => sessions.close())
  return sessions
}

/** Resolves with the next report about that key. */
export function nextChange(store: SessionStore, key: SessionKey | undefined): Promise<void> {
  return new Promise((resolve) =>
    store.changes.subscribe((changed) => changed === key && resolve()),
  )
}

/** Looks until it is so: for what has no event to wait for. */
export async function until(isSo: () => boolean | Promise<boolean>, withinMs = 10_000) {
  const deadline = Date.now() + withinMs
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('it never came about')
    await sleep(5)
  }
}

/** A promise and the means to settle it. */
export function createBarrier<Value = void>() {
  const settle: { open?: (value: Value) => void } = {}
  const opened = new Promise<Value>((resolve) => {
    settle.open = resolve
  })
  return { opened, open: (value: Value) => settle.open?.(value) }
}
