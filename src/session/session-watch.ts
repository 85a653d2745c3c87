import type { LiveSession } from './live-session.js'
import type { SessionLoader } from './session-loader.js'
import type { ChangeFeed, SessionKey } from './session-store.js'
import { createSlots } from './slots.js'

/**
 * Why nobody should be served for a session any more: it has ended, or the store could not be asked for
 * so long that requests would be refused, too.
 */
export type WatchEnd = 'ended' | 'unknown'

/** Tells of the end of sessions, whoever ends them, to those who serve something beyond a request. */
export interface SessionWatch {
  /**
   * Calls back once, within a second of the session's end; that may be before a session that has ended
   * already got here. Watching is no activity. Returns what stops it. A session costs one read for each
   * change of it that is reported, however many watch it.
   */
  watch(live: LiveSession, onEnd: (end: WatchEnd) => void): () => void
  /** Looks at every session anew. */
  recheck(): void
  stop(): void
}

export interface SessionWatchOptions {
  readonly loader: SessionLoader
  readonly changes: ChangeFeed
  readonly staleOnStoreErrorMs: number
  readonly clock: () => number
  /** What moments are kept by, since the wall clock may be set back or ahead at any time. */
  readonly monotonic: () => number
}

interface Watched {
  live: LiveSession
  readonly listeners: Set<(end: WatchEnd) => void>
  /** The generation of the change feed that would have told of a change; `undefined`: it may have changed. */
  generation: number | undefined
  /** Until then, at least, the session was as `live` says; by the monotonic clock, as is `lookedAt`. */
  knownAt: number
  lookedAt: number
  isLooking: boolean
  /** A change was reported since the last look began. */
  isDoubted: boolean
}

const tickMs = 50
/** How often to look while reports are not certain to arrive, or the store does not answer. */
const lookAgainMs = 500
const maxReads = 64
/** A read may take so long without meaning that the store cannot be reached. */
const readMs = 1000

export function createSessionWatch(options: SessionWatchOptions): SessionWatch {
  const { loader, changes, clock, monotonic } = options
  const watched = new Map<SessionKey, Watched>()
  const slots = createSlots(maxReads)
  let ticking: NodeJS.Timeout | undefined

  changes.subscribe((key) => {
    const entries = key === undefined ? [...watched.values()] : [watched.get(key)]
    for (const entry of entries) if (entry !== undefined) doubt(entry)
  })

  function doubt(entry: Watched) {
    entry.knownAt = monotonic() - unknownForMs(entry)
    entry.generation = undefined
    entry.isDoubted = true
    void look(entry)
  }

  function tick() {
    const now = clock()
    const generation = changes.certainty()?.generation
    for (const entry of watched.values()) {
      const isKnown = generation !== undefined && entry.generation === generation
      if (isKnown && now < entry.live.expiresAt) continue
      if (now >= entry.live.session.endsAt) end(entry, 'ended')
      else if (unknownForMs(entry) > options.staleOnStoreErrorMs + readMs) end(entry, 'unknown')
      // Reports may have been lost between the generations.
      else if (generation !== undefined && entry.generation !== undefined && !isKnown) doubt(entry)
      else if (monotonic() - entry.lookedAt >= lookAgainMs) void look(entry)
    }
  }

  /** One look at a time; never rejects. */
  async function look(entry: Watched): Promise<void> {
    if (entry.isLooking) return
    entry.isLooking = true
    do {
      await slots.use(() => readAgain(entry))
    } while (entry.isDoubted && isWatched(entry))
    entry.isLooking = false
  }

  async function readAgain(entry: Watched): Promise<void> {
    entry.isDoubted = false
    entry.lookedAt = monotonic()
    try {
      const current = await loader.read(entry.live.ticket, clock())
      if (current === undefined) return end(entry, 'ended')
      entry.live = current.live
      entry.knownAt = current.loadedAt
      if (!entry.isDoubted) entry.generation = current.generation
    } catch {
      // Says nothing about the session. The next look comes by itself, until it has been too long.
    }
  }

  /** For how long nobody has known whether the session is as `live` says. */
  function unknownForMs({ generation, knownAt, live }: Watched): number {
    const sinceReadMs = monotonic() - knownAt
    const uncertainForMs = generation === undefined ? undefined : changes.uncertainForMs(generation)
    const sinceExpiryMs = clock() - live.expiresAt
    return Math.max(Math.min(sinceReadMs, uncertainForMs ?? sinceReadMs), sinceExpiryMs)
  }

  const isWatched = (entry: Watched) => watched.get(entry.live.key) === entry

  function end(entry: Watched, how: WatchEnd) {
    if (!isWatched(entry)) return
    forget(entry)
    for (const listener of entry.listeners) listener(how)
  }

  function forget(entry: Watched) {
    watched.delete(entry.live.key)
    if (watched.size > 0) return
    clearInterval(ticking)
    ticking = undefined
  }

  function begin(live: LiveSession): Watched {
    const now = monotonic()
    const entry: Watched = {
      live,
      listeners: new Set(),
      generation: loader.loadCached(live.ticket, clock()) && changes.certainty()?.generation,
      knownAt: now,
      lookedAt: now,
      isLooking: false,
      isDoubted: false,
    }
    watched.set(live.key, entry)
    ticking ??= setInterval(tick, tickMs).unref()
    // It may have ended since it was loaded.
    if (entry.generation === undefined) void look(entry)
    return entry
  }

  return {
    watch(live, onEnd) {
      const entry = watched.get(live.key) ?? begin(live)
      entry.listeners.add(onEnd)
      return () => {
        entry.listeners.delete(onEnd)
        if (entry.listeners.size === 0 && isWatched(entry)) forget(entry)
      }
    },
    recheck() {
      for (const entry of watched.values()) doubt(entry)
    },
    stop() {
      for (const entry of watched.values()) forget(entry)
    },
  }
}
