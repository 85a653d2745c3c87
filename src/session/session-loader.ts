import { heldLength } from './hold-session.js'
import type { KeyRing } from './key-ring.js'
import {
  createLiveSession,
  type LiveSession,
  type OpenedSession,
  type SessionTimes,
} from './live-session.js'
import { openSession } from './seal.js'
import type { CachedSession, SessionCache } from './session-cache.js'
import {
  type SessionKey,
  type SessionStore,
  type StoredSession,
  StoreUnavailableError,
} from './session-store.js'
import { copyTicket, isSameSecret, type PresentedTicket, type Ticket } from './ticket.js'
import type { UnsavedSessions } from './unsaved-sessions.js'

export interface SessionLoader {
  /** The session if the cache is certain about it. Costs no command, no decryption and no hash. */
  loadCached(ticket: PresentedTicket, now: number): LiveSession | undefined
  /**
   * The session as the store has it, with one command that concurrent callers share. While the store
   * cannot be reached, what the cache last knew for certain is honoured for `staleOnStoreErrorMs`;
   * after that it throws StoreUnavailableError.
   */
  load(ticket: Ticket, now: number): Promise<LiveSession | undefined>
  /** As `load`, but throws StoreUnavailableError rather than honour what the cache knew; says since when it is known. */
  read(ticket: Ticket, now: number): Promise<CachedSession | undefined>
  /**
   * The session with its record, by a read of its own that begins now, and never from the cache. Throws
   * StoreUnavailableError.
   */
  reload(ticket: Ticket): Promise<OpenedSession | undefined>
  /** Begins to note whether a session changes. Whoever calls this before a `reload` knows what that is still worth. */
  observe(key: SessionKey): Observation
  /**
   * Lets the cache show newer tokens that the store could not take yet, and returns the session with them;
   * `undefined` when it may have ended meanwhile, or nobody can tell for longer than `staleOnStoreErrorMs`.
   */
  substitute(opened: OpenedSession, observation: Observation): LiveSession | undefined
  forget(key: SessionKey): void
}

/** What was known of a session when it was observed, and whether that may be over. */
export interface Observation {
  /** As of a cached session. */
  readonly generation: number | undefined
  readonly loadedAt: number
  /** A change was reported, or made here. */
  readonly isOvertaken: boolean
  end(): void
}

export interface SessionLoaderOptions extends SessionTimes {
  readonly store: SessionStore
  readonly keyRing: KeyRing
  readonly cache: SessionCache
  readonly unsaved: UnsavedSessions
  readonly staleOnStoreErrorMs: number
  readonly clock: () => number
  /** For how long something is known, whatever happens to the wall clock. */
  readonly monotonic: () => number
  readonly onStoreError: (error: StoreUnavailableError) => void
}

/** One read of the store that every caller of that moment shares. */
interface Flight {
  readonly stored: Promise<StoredSession | undefined>
  readonly generation: number | undefined
  readonly startedAt: number
  /** A change was reported meanwhile, so that the result may be the state before it. */
  overtaken: boolean
  opened: LiveSession | undefined
}

/**
 * Where a flight is found, emptied when it has ended. V8 leaves what a Map had in it to the next major collection, when
 * for each request something is added and deleted: without this, all that the request has read.
 */
interface Slot {
  flight: Flight | undefined
}

export function createSessionLoader(options: SessionLoaderOptions): SessionLoader {
  const { store, keyRing, cache, unsaved, clock, monotonic } = options
  const flights = new Map<SessionKey, Slot>()
  const observations = new Map<SessionKey, Set<{ isOvertaken: boolean }>>()

  store.changes.subscribe((key) => {
    if (key === undefined) {
      cache.clear()
      for (const each of [...flights.keys(), ...observations.keys()]) overtake(each)
    } else {
      forget(key)
    }
  })

  function forget(key: SessionKey) {
    cache.delete(key)
    overtake(key)
  }

  /** The callers of that flight began before the change; later ones must not see the state before it. */
  function overtake(key: SessionKey) {
    for (const observation of observations.get(key) ?? []) observation.isOvertaken = true
    const slot = flights.get(key)
    if (slot === undefined) return
    if (slot.flight !== undefined) slot.flight.overtaken = true
    empty(key, slot)
  }

  function empty(key: SessionKey, slot: Slot) {
    slot.flight = undefined
    if (flights.get(key) === slot) flights.delete(key)
  }

  function findCached(ticket: PresentedTicket): CachedSession | undefined {
    const cached = cache.get(ticket.id)
    return cached && isSameSecret(cached.live.ticket, ticket) ? cached : undefined
  }

  function loadCached(ticket: PresentedTicket, now: number): LiveSession | undefined {
    const cached = findCached(ticket)
    if (cached === undefined || cached.generation === undefined) return undefined
    if (store.changes.certainty()?.generation !== cached.generation) return undefined
    // Another replica may know of later activity: a cache grants, but only the store lets expire.
    return now < cached.live.expiresAt ? cached.live : undefined
  }

  function startFlight(key: SessionKey): Flight {
    async function end(loading: Promise<StoredSession | undefined>) {
      try {
        return await loading
      } finally {
        empty(key, slot)
      }
    }
    const flight: Flight = {
      // Read before the command is sent: changes count from here on.
      generation: store.changes.certainty()?.generation,
      startedAt: monotonic(),
      stored: end(store.load(key)),
      overtaken: false,
      opened: undefined,
    }
    const slot: Slot = { flight }
    flights.set(key, slot)
    return flight
  }

  function open(ticket: Ticket, stored: StoredSession, now: number): OpenedSession | undefined {
    const record = openSession(keyRing, ticket, stored.sealed)
    if (record === undefined) return undefined
    const live = createLiveSession(options, copyTicket(ticket), record, stored)
    return now < live.expiresAt ? unsaved.overlay({ live, record }) : undefined
  }

  async function load(ticket: Ticket, now: number): Promise<LiveSession | undefined> {
    try {
      return (await read(ticket, now))?.live
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error
      options.onStoreError(error)
      return loadStale(ticket, now, error)
    }
  }

  async function read(ticket: Ticket, now: number): Promise<CachedSession | undefined> {
    const flight = flights.get(ticket.key)?.flight ?? startFlight(ticket.key)
    const stored = await flight.stored
    if (stored === undefined) {
      cache.delete(ticket.key)
      return undefined
    }
    const { generation, startedAt: loadedAt } = flight
    if (flight.opened && isSameSecret(flight.opened.ticket, ticket)) {
      return { live: flight.opened, generation, loadedAt }
    }
    const opened = open(ticket, stored, now)
    if (opened === undefined) return undefined
    const { live, record } = opened
    flight.opened = live
    const loaded = { live, generation, loadedAt }
    if (!flight.overtaken) cache.offer(loaded, heldLength(record, stored.sealed.length))
    return loaded
  }

  function loadStale(ticket: Ticket, now: number, error: StoreUnavailableError) {
    const cached = findCached(ticket)
    if (cached === undefined) throw error
    const { live } = cached
    if (now >= live.session.endsAt) return undefined
    if (!isHonoured(cached, now)) throw error
    return live
  }

  /** Whether the cache may grant a session while the store cannot be asked. */
  function isHonoured({ live, generation, loadedAt }: CachedSession, now: number): boolean {
    if (now >= live.expiresAt) return false
    const { changes } = store
    if (generation !== undefined && changes.certainty()?.generation === generation) return true
    const uncertainForMs = generation === undefined ? undefined : changes.uncertainForMs(generation)
    const sinceLoadedMs = monotonic() - loadedAt
    return Math.min(sinceLoadedMs, uncertainForMs ?? sinceLoadedMs) <= options.staleOnStoreErrorMs
  }

  function observe(key: SessionKey): Observation {
    const observation = {
      // Read before any command is sent: changes count from here on.
      generation: store.changes.certainty()?.generation,
      loadedAt: monotonic(),
      isOvertaken: false,
      end() {
        ofKey.delete(observation)
        if (ofKey.size === 0 && observations.get(key) === ofKey) observations.delete(key)
      },
    }
    const ofKey = observations.get(key) ?? new Set()
    observations.set(key, ofKey.add(observation))
    return observation
  }

  function substitute({ live, record }: OpenedSession, observation: Observation) {
    const known = latestKnown(live, observation)
    // Of another version, these are not the newer tokens.
    if (known?.live.version !== live.version) return undefined
    const { session, refreshAt } = live
    const substituted = { ...known, live: { ...known.live, session, refreshAt } }
    if (!isHonoured(substituted, clock())) return undefined
    cache.set(substituted, heldLength(record, JSON.stringify(record).length))
    return substituted.live
  }

  /** What the cache knows by a later read, else what was observed, unless it was overtaken. */
  function latestKnown(
    live: LiveSession,
    { generation, loadedAt, isOvertaken }: Observation,
  ): CachedSession | undefined {
    const cached = findCached(live.ticket)
    if (cached !== undefined && cached.loadedAt > loadedAt) return cached
    return isOvertaken ? cached : { live, generation, loadedAt }
  }

  return {
    loadCached,
    load,
    read,
    async reload(ticket) {
      const stored = await store.load(ticket.key)
      return stored && open(ticket, stored, clock())
    },
    observe,
    substitute,
    forget,
  }
}
