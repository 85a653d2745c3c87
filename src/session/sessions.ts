import {
  createFreshener,
  defaultRefreshLimits,
  type Freshened,
  type RefreshLimits,
} from './freshener.js'
import type { KeyRing } from './key-ring.js'
import { SignInOvertakenError } from './sign-in-overtaken.js'
import { createLiveSession, type LiveSession } from './live-session.js'
import { monotonicClock } from './monotonic-clock.js'
import type { RefreshLock } from './refresh-lock.js'
import type { RefreshReport } from './refresh-session.js'
import type { Refresher } from './refresher.js'
import { sealSession } from './seal.js'
import { sealFacts, type SessionFacts } from './session-facts.js'
import { createSessionInventory, type SessionInventory } from './session-inventory.js'
import { createSessionRegister } from './session-register.js'
import { createSessionCache } from './session-cache.js'
import { sessionExpiresAt, shouldTouch } from './session-lifetime.js'
import { createSessionLoader } from './session-loader.js'
import { type SessionKey, type SessionStore, StoreUnavailableError } from './session-store.js'
import type { Identity, SessionRecord, Tokens } from './session.js'
import { createSessionWatch, type WatchEnd } from './session-watch.js'
import { createTicket, formatTicket, nameTicket, readTicket } from './ticket.js'
import { createUnsavedSessions } from './unsaved-sessions.js'

export type { Freshened } from './freshener.js'
export type { ListedSession } from './session-inventory.js'
export type { LiveSession } from './live-session.js'
export type { RefreshReport } from './refresh-session.js'
export type { WatchEnd } from './session-watch.js'

/** What a login brings. */
export interface SignIn {
  readonly identity: Identity
  readonly tokens: Tokens
  /** When the authorization began (epoch ms): a logout since then has ended it. Default: now. */
  readonly startedAt?: number
  /** The session that this one takes the place of; a sign-out ends that as well. */
  readonly replaces?: SessionKey | undefined
  /** What was asked of the provider beyond a plain login. */
  readonly stepUp?: SessionRecord['stepUp'] | undefined
  /** Who asks, for the inventory. */
  readonly client?: { readonly userAgent?: string | undefined; readonly address?: string }
}

export interface Sessions extends SessionInventory {
  /**
   * Starts a session with an id that never existed before. Throws StoreUnavailableError, or
   * SignInOvertakenError when the person or the provider's session was logged out meanwhile.
   */
  create(
    signIn: SignIn,
    now: number,
  ): Promise<{ readonly cookieValue: string; readonly live: LiveSession }>
  /**
   * The session of a cookie value and a note of the activity, if that takes no command: the way of a
   * warm request. `undefined` says nothing about the session: ask `load` then.
   */
  loadCached(cookieValue: string, now: number): LiveSession | undefined
  /**
   * The session of a cookie value. `undefined`: there is none, be it absent, expired, sealed otherwise
   * or a malformed value. `extend: false` leaves the last activity as it is. Throws
   * StoreUnavailableError, which says nothing about the session.
   */
  load(
    cookieValue: string,
    now: number,
    options: { readonly extend: boolean },
  ): Promise<LiveSession | undefined>
  /**
   * Makes sure that the access token can be used. A valid one returns at once, with a refresh in the
   * background when it is due (`now >= live.refreshAt`); an expired one waits for the refresh.
   */
  freshen(live: LiveSession, now: number): Promise<Freshened>
  /**
   * Calls back once, within a second of the end of the session, whoever ended it and wherever; for what
   * stays open beyond its request. `unknown`: the store is away for longer than `staleOnStoreErrorMs`.
   * Watching is no activity. Returns what stops it.
   */
  watch(live: LiveSession, onEnd: (end: WatchEnd) => void): () => void
  /**
   * Ends the session everywhere, and the one that it has replaced; gives the tokens that it had in the end, unless it
   * was gone. Throws StoreUnavailableError when that could not be done.
   */
  destroy(live: LiveSession): Promise<Tokens | undefined>
  /** Has the session end at `retiresAt` everywhere, whatever activity there is. Throws StoreUnavailableError. */
  retire(live: LiveSession, retiresAt: number): Promise<void>
  /** Asks the store whether it answers; resolves to the reason if it does not. Never throws. */
  readiness(): Promise<
    { readonly ready: true } | { readonly ready: false; readonly reason: string }
  >
  readonly cache: { readonly bytes: number; readonly size: number }
  /** Lets refreshes under way finish and store their tokens, for at most `closeWaitMs`; closes the store. */
  close(): Promise<void>
}

/** What happens in the background, for logs and metrics: nothing secret. They must not throw. */
export interface SessionEvents {
  onRefresh?(key: SessionKey, report: RefreshReport): void
  onStoreError?(error: StoreUnavailableError): void
}

export interface SessionsOptions {
  readonly store: SessionStore
  readonly lock: RefreshLock
  readonly keyRing: KeyRing
  readonly refresher: (identity: Identity) => Refresher | undefined
  readonly inactivityTimeoutMs: number
  readonly lifetimeMs: number
  readonly refreshAheadMs: number
  readonly staleOnStoreErrorMs: number
  readonly cacheBytes: number
  readonly clock?: () => number
  /** For how long something takes, whatever happens to the wall clock. */
  readonly monotonic?: () => number
  readonly events?: SessionEvents
  readonly limits?: Partial<RefreshLimits>
}

const closeWaitMs = 10_000

export function createSessions(options: SessionsOptions): Sessions {
  const { store, keyRing, inactivityTimeoutMs, events = {} } = options
  const { clock = Date.now, monotonic = monotonicClock } = options
  const cache = createSessionCache(options.cacheBytes)
  const register = createSessionRegister(store.index, keyRing)
  const unsaved = createUnsavedSessions(clock)
  const onStoreError = (error: StoreUnavailableError) => events.onStoreError?.(error)
  const loader = createSessionLoader({
    ...options,
    cache,
    unsaved,
    clock,
    monotonic,
    onStoreError,
  })
  const freshener = createFreshener({
    ...options,
    loader,
    register,
    unsaved,
    clock,
    monotonic,
    limits: { ...defaultRefreshLimits, ...options.limits },
    onRefresh: (key, report) => events.onRefresh?.(key, report),
  })
  const watch = createSessionWatch({ ...options, loader, changes: store.changes, clock, monotonic })
  keyRing.subscribe(({ isAnyRemoved }) => {
    if (!isAnyRemoved) return
    cache.clear()
    watch.recheck()
  })
  const inventory = createSessionInventory({
    store,
    keyRing,
    register,
    forget: loader.forget,
    clock,
  })
  const touching = new Set<SessionKey>()

  /** Writes the last activity now and then, in the background: a request never waits for it. */
  function noteActivity(live: LiveSession, now: number) {
    if (live.retiresAt !== undefined) return
    if (!shouldTouch(live.lastActiveAt, now, inactivityTimeoutMs) || touching.has(live.key)) return
    touching.add(live.key)
    void touch(live, now).finally(() => touching.delete(live.key))
  }

  async function touch({ key, session }: LiveSession, now: number) {
    const expiresAt = sessionExpiresAt(session, now, inactivityTimeoutMs)
    try {
      const [isThere] = await Promise.all([
        store.touch(key, now, expiresAt),
        // Entries outlive what they were last told, so that one that fails is mended by the next.
        register.file(key, session.identity, expiresAt),
      ])
      if (isThere) return
      loader.forget(key)
      await register.unfile(key, session.identity)
    } catch (error) {
      if (error instanceof StoreUnavailableError) onStoreError(error)
    }
  }

  return {
    async create({ identity, tokens, startedAt, replaces, stepUp, client }, now) {
      const ticket = createTicket()
      const { key } = ticket
      const record: SessionRecord = {
        schema: 1,
        identity,
        tokens,
        createdAt: now,
        endsAt: now + options.lifetimeMs,
        ...(replaces === undefined ? {} : { replaces }),
        ...(stepUp === undefined ? {} : { stepUp }),
      }
      const live = createLiveSession(options, ticket, record, { version: 1, lastActiveAt: now })
      const sealed = sealSession(keyRing, ticket, record)
      const facts = sealFacts(keyRing, key, factsOf(record, client))
      await store.create(key, sealed, now, live.expiresAt, facts)
      await register.file(key, identity, live.expiresAt)
      if (await register.isEnded(identity, startedAt ?? now)) {
        await inventory.endByKey(key)
        throw new SignInOvertakenError()
      }
      return { cookieValue: formatTicket(ticket), live }
    },

    loadCached(cookieValue, now) {
      const ticket = readTicket(cookieValue)
      const live = ticket && loader.loadCached(ticket, now)
      if (live !== undefined) noteActivity(live, now)
      return live
    },

    async load(cookieValue, now, { extend }) {
      const ticket = readTicket(cookieValue)
      if (ticket === undefined) return undefined
      const live = loader.loadCached(ticket, now) ?? (await loader.load(nameTicket(ticket), now))
      if (live !== undefined && extend) noteActivity(live, now)
      return live
    },

    freshen: (live, now) => freshener.freshen(live, now),

    watch: watch.watch,

    async destroy({ key, ticket, session }) {
      const last = await loader.reload(ticket)
      // First: when this fails, the sign-out can be repeated with the ticket.
      if (session.replaces !== undefined) await inventory.endByKey(session.replaces)
      await store.destroy(key)
      loader.forget(key)
      // What stays in a set is dead, and goes with the next listing or its expiry.
      void register.unfile(key, session.identity).catch(() => undefined)
      return last?.record.tokens
    },

    async retire({ key }, retiresAt) {
      await store.retire(key, retiresAt)
      loader.forget(key)
    },

    ...inventory,

    async readiness() {
      try {
        await store.load('readiness')
        return { ready: true }
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) throw error
        return { ready: false, reason: error.message }
      }
    },

    cache,

    async close() {
      watch.stop()
      let timer: NodeJS.Timeout | undefined
      const longEnough = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, closeWaitMs)
      })
      await Promise.race([freshener.idle(), longEnough]).finally(() => clearTimeout(timer))
      unsaved.stop()
      await store.close()
    },
  }
}

const maxUserAgentLength = 256

function factsOf(
  { identity, createdAt, endsAt }: SessionRecord,
  client: SignIn['client'],
): SessionFacts {
  const { providerId, issuer, sub } = identity
  const userAgent = client?.userAgent?.slice(0, maxUserAgentLength)
  return {
    schema: 1,
    providerId,
    issuer,
    sub,
    createdAt,
    endsAt,
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(client?.address === undefined ? {} : { clientAddress: client.address }),
  }
}
