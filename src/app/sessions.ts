import type { Logger } from 'pino'
import type { Config } from '../config/schema.js'
import { providerOf } from '../http/provider-of.js'
import type { KeyRing } from '../session/key-ring.js'
import { createMemoryRefreshLock } from '../session/memory-refresh-lock.js'
import { createMemoryStore } from '../session/memory-store.js'
import type { RefreshLock } from '../session/refresh-lock.js'
import type { SessionStore } from '../session/session-store.js'
import { createSessions, type SessionEvents, type Sessions } from '../session/sessions.js'
import type { Metrics } from '../telemetry/metrics.js'
import type { Providers } from './providers.js'

export interface SessionParts {
  readonly keyRing: KeyRing
  readonly providers: Providers
  readonly metrics: Metrics
  readonly logger: Logger
  readonly clock: () => number
}

/** The clock that nobody sets, which sessions alone go by. */
interface Monotonic {
  readonly monotonic: () => number
}

/** What an operator should know of a store although it works. */
export interface StoreWarnings {
  current(): readonly string[]
  /** Resolves when the store has told of itself, or after `timeoutMs`. */
  whenTold(timeoutMs: number): Promise<void>
}

const noWarnings: StoreWarnings = { current: () => [], whenTold: async () => {} }

/** Opens the configured session store and the sessions in it. */
export async function openSessions(
  { session }: Config,
  { keyRing, providers, metrics, logger, clock, monotonic }: SessionParts & Monotonic,
): Promise<{
  readonly store: SessionStore
  readonly sessions: Sessions
  readonly storeWarnings: StoreWarnings
}> {
  const {
    store,
    lock,
    warnings = noWarnings,
  } = await openStore(session, {
    clock,
    monotonic,
    logger,
  })
  const sessions = createSessions({
    store,
    lock,
    keyRing,
    refresher: (identity) => providerOf(providers, identity)?.refresh,
    inactivityTimeoutMs: session.inactivityTimeout,
    lifetimeMs: session.lifetime,
    refreshAheadMs: session.refreshAhead,
    staleOnStoreErrorMs: session.staleOnStoreError,
    cacheBytes: session.cacheBytes,
    clock,
    monotonic,
    events: recordSessionEvents(metrics, logger),
  })
  return { store, sessions, storeWarnings: warnings }
}

async function openStore(
  session: Config['session'],
  { clock, monotonic, logger }: Pick<SessionParts, 'clock' | 'logger'> & Monotonic,
): Promise<{ store: SessionStore; lock: RefreshLock; warnings?: StoreWarnings }> {
  if (session.redis === undefined || session.store === 'memory') {
    return { store: createMemoryStore(clock), lock: createMemoryRefreshLock(monotonic) }
  }
  const { connectRedis } = await import('../redis/connect.js')
  const { commandTimeout: commandTimeoutMs, ...settings } = session.redis
  return connectRedis({
    ...settings,
    commandTimeoutMs,
    clock,
    monotonic,
    onWarning: (warning) => logger.warn({ warning }, 'session store'),
  })
}

function recordSessionEvents(metrics: Metrics, logger: Logger): SessionEvents {
  return {
    onRefresh(key, result) {
      metrics.refresh(result.kind)
      if (result.kind === 'ended') metrics.sessionEnded('refresh_rejected')
      const reason = 'reason' in result ? result.reason : undefined
      const level = result.kind === 'unavailable' ? 'warn' : 'info'
      logger[level]({ session: key, outcome: result.kind, reason }, 'refresh')
    },
    onStoreError(error) {
      metrics.storeError(error.code)
      logger.debug({ err: error }, 'session store')
    },
  }
}
