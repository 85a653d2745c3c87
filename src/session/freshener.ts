import { createRefreshBackoff } from './refresh-backoff.js'
import { isAccessTokenValid, type LiveSession } from './live-session.js'
import type { Refresher } from './refresher.js'
import {
  createRefreshInTurn,
  type RefreshInTurnOptions,
  type TurnLimits,
} from './refresh-in-turn.js'
import type { RefreshReport, RefreshResult } from './refresh-session.js'
import type { Identity } from './session.js'
import { type SessionKey, StoreUnavailableError } from './session-store.js'

/** Whether a request can go on, and with which tokens. */
export type Freshened =
  | { readonly kind: 'live'; readonly live: LiveSession }
  | { readonly kind: 'ended'; readonly reason: string }
  | { readonly kind: 'unavailable'; readonly retryAfterMs: number }

export interface RefreshLimits extends TurnLimits {
  /** How long a request waits for a refresh at all. */
  readonly requestWaitMs: number
  readonly firstBackoffMs: number
  readonly maxBackoffMs: number
}

export const defaultRefreshLimits: RefreshLimits = {
  leaseMs: 10_000,
  waitForOtherMs: 5000,
  maxConcurrent: 64,
  requestWaitMs: 30_000,
  firstBackoffMs: 1000,
  maxBackoffMs: 30_000,
}

export interface FreshenerOptions extends RefreshInTurnOptions {
  readonly refresher: (identity: Identity) => Refresher | undefined
  readonly limits: RefreshLimits
  readonly onRefresh: (key: SessionKey, report: RefreshReport) => void
}

export interface Freshener {
  freshen(live: LiveSession, now: number): Promise<Freshened>
  /** Resolves when no refresh is under way and every new token is stored. Never throws. */
  idle(): Promise<void>
}

const storeRetryMs = 500

export function createFreshener(options: FreshenerOptions): Freshener {
  const { loader, limits, clock, monotonic, onRefresh } = options
  const flights = new Map<SessionKey, Promise<Freshened>>()
  const inTurn = createRefreshInTurn(options)
  const backoff = createRefreshBackoff(limits.firstBackoffMs, limits.maxBackoffMs)

  async function freshen(live: LiveSession, now: number): Promise<Freshened> {
    const { key } = live
    const isValid = isAccessTokenValid(live, now)
    if (isValid && now < live.refreshAt) return { kind: 'live', live }

    const refresher = options.refresher(live.session.identity)
    if (!live.session.tokens.isRefreshable || refresher === undefined) {
      if (isValid) return { kind: 'live', live }
      return { kind: 'ended', reason: 'the access token expired and nothing can renew it' }
    }
    const flight = flights.get(key)
    const holdOffMs = flight === undefined ? backoff.remainingMs(key, monotonic()) : 0
    if (isValid) {
      if (flight === undefined && holdOffMs === 0) void start(live, refresher)
      return { kind: 'live', live }
    }
    if (holdOffMs > 0) return { kind: 'unavailable', retryAfterMs: holdOffMs }
    return waitFor(flight ?? start(live, refresher))
  }

  function start(live: LiveSession, refresher: Refresher): Promise<Freshened> {
    const flight = run(live, refresher).finally(() => flights.delete(live.key))
    flights.set(live.key, flight)
    return flight
  }

  async function waitFor(flight: Promise<Freshened>): Promise<Freshened> {
    let timer: NodeJS.Timeout | undefined
    const tooLate = new Promise<Freshened>((resolve) => {
      timer = setTimeout(resolve, limits.requestWaitMs, {
        kind: 'unavailable',
        retryAfterMs: limits.firstBackoffMs,
      })
    })
    return Promise.race([flight, tooLate]).finally(() => clearTimeout(timer))
  }

  /** Never rejects: whatever goes wrong while refreshing is no reason to take a session away. */
  async function run(live: LiveSession, refresher: Refresher): Promise<Freshened> {
    const result = await inTurn.refresh(live, refresher).catch(explainFailure)
    onRefresh(live.key, describe(result))
    switch (result.kind) {
      case 'refreshed':
      case 'adopted':
        backoff.succeed(live.key)
        return { kind: 'live', live: result.live }
      case 'ended':
        backoff.succeed(live.key)
        loader.forget(live.key)
        return result
      case 'unavailable': {
        const retryAfterMs = backoff.fail(live.key, monotonic(), result.retryAfterMs)
        return isAccessTokenValid(live, clock())
          ? { kind: 'live', live }
          : { kind: 'unavailable', retryAfterMs }
      }
    }
  }

  return {
    freshen,
    async idle() {
      while (flights.size > 0) await Promise.all(flights.values())
      await inTurn.written()
    },
  }
}

function describe(result: RefreshResult): RefreshReport {
  return 'reason' in result ? { kind: result.kind, reason: result.reason } : { kind: result.kind }
}

function explainFailure(error: unknown): RefreshResult {
  if (error instanceof StoreUnavailableError) {
    return { kind: 'unavailable', reason: error.message, retryAfterMs: storeRetryMs }
  }
  // A defect. Its message may quote what it choked on, so only its name is told.
  const name = error instanceof Error ? error.name : typeof error
  return { kind: 'unavailable', reason: `the refresh failed with ${name}` }
}
