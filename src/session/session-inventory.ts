import type { KeyRing } from './key-ring.js'
import { openFacts, type SessionFacts } from './session-facts.js'
import { type SessionGroup, type SessionRegister, shareNames } from './session-register.js'
import type { IndexName, SessionKey, SessionStore } from './session-store.js'
import { createSlots } from './slots.js'

/** A session as the inventory shows it. */
export interface ListedSession {
  readonly key: SessionKey
  readonly facts: SessionFacts
  /** Epoch milliseconds. */
  readonly lastActiveAt: number
  /** It is about to end, since a newer session of its browser has taken its place. */
  readonly isRetired: boolean
}

/** Some sessions; `cursor` asks for the next ones, and is absent from the last page. */
export interface SessionPage {
  readonly sessions: readonly ListedSession[]
  readonly cursor?: string
}

/** Finds and ends sessions without their tickets. Throws StoreUnavailableError. */
export interface SessionInventory {
  /**
   * Ends every session of the group, and every login that is still under way for it; resolves to the
   * number of sessions. When it throws, some may have ended: repeat it. `logins: false` leaves the
   * logins, and so nothing in the store: for callers whom nobody vouches for.
   */
  endWhere(group: SessionGroup, options?: { readonly logins?: boolean }): Promise<number>
  /** Ends one session; false when there is none. */
  endByKey(key: SessionKey): Promise<boolean>
  /** The sessions of a person, in no order; a page may be empty, and a session may come twice. */
  listWhere(
    person: { readonly issuer: string; readonly sub: string },
    cursor?: string,
  ): Promise<SessionPage>
  /** All sessions, likewise. */
  list(cursor?: string): Promise<SessionPage>
}

export interface SessionInventoryOptions {
  readonly store: SessionStore
  readonly keyRing: KeyRing
  readonly register: SessionRegister
  /** Lets go of what this process has of an ended session. */
  readonly forget: (key: SessionKey) => void
  readonly clock: () => number
}

const maxConcurrent = 32
const enoughForPage = 100
/** A page may find nothing but dead entries, of which there are many after a quiet night. */
const enoughLookedAt = 1000

function cursorOf(place: number, within: string | undefined): string {
  return within === undefined ? String(place) : `${place}.${within}`
}

export function createSessionInventory(options: SessionInventoryOptions): SessionInventory {
  const { store, keyRing, register, forget, clock } = options

  async function endByKey(key: SessionKey): Promise<boolean> {
    const listed = await look(key)
    const isEnded = await store.destroy(key)
    forget(key)
    // What stays in a set is dead, and goes with the next listing or its expiry.
    if (listed !== undefined) void register.unfile(key, listed.facts).catch(() => undefined)
    return isEnded
  }

  async function endAll(name: IndexName): Promise<number> {
    let count = 0
    for await (const keys of pagesOf(name)) {
      const ended = await eachOf(keys, async (key) => {
        const isEnded = await endByKey(key)
        await store.index.remove(name, key)
        return isEnded
      })
      count += ended.filter(Boolean).length
    }
    return count
  }

  async function* pagesOf(name: IndexName): AsyncGenerator<readonly SessionKey[]> {
    for (let cursor: string | undefined; ;) {
      const page = await store.index.list(name, cursor)
      yield page.keys
      cursor = page.cursor
      if (cursor === undefined) return
    }
  }

  async function look(key: SessionKey): Promise<ListedSession | undefined> {
    const stored = await store.loadFacts(key)
    const facts = stored?.facts && openFacts(keyRing, key, stored.facts)
    if (stored === undefined || facts === undefined) return undefined
    const { lastActiveAt, retiresAt } = stored
    return { key, facts, lastActiveAt, isRetired: retiresAt !== undefined }
  }

  /** Goes through several sets; the cursor says in which, and where in it. An unknown one is the end. */
  async function listFrom(names: readonly IndexName[], cursor: string): Promise<SessionPage> {
    const [, start = '', startWithin] = /^(\d{1,3})(?:\.([\w-]{1,64}))?$/.exec(cursor) ?? []
    const sessions: ListedSession[] = []
    let place = start === '' ? names.length : Number(start)
    let within = startWithin
    let lookedAt = 0
    for (let name = names[place]; name !== undefined; name = names[place]) {
      if (sessions.length >= enoughForPage || lookedAt >= enoughLookedAt) {
        return { sessions, cursor: cursorOf(place, within) }
      }
      const page = await store.index.list(name, within)
      lookedAt += page.keys.length
      sessions.push(...(await lookAtAll(name, page.keys)))
      within = page.cursor
      if (within === undefined) place++
    }
    return { sessions }
  }

  async function lookAtAll(name: IndexName, keys: readonly SessionKey[]): Promise<ListedSession[]> {
    const found = await eachOf(keys, async (key) => {
      const listed = await look(key)
      if (listed === undefined) await removeDead(name, key)
      return listed
    })
    return found.filter((listed) => listed !== undefined)
  }

  /** A session that cannot be shown, because its facts were sealed otherwise, is not a dead one. */
  async function removeDead(name: IndexName, key: SessionKey) {
    if ((await store.loadFacts(key)) === undefined) await store.index.remove(name, key)
  }

  return {
    endByKey,
    async endWhere(group, { logins = true } = {}) {
      if (logins) await register.markEnded(group, clock())
      let count = 0
      for (const name of register.namesOf(group)) count += await endAll(name)
      return count
    },
    listWhere: (person, cursor = '0') => listFrom(register.namesOf(person), cursor),
    list: (cursor = '0') => listFrom(shareNames, cursor),
  }
}

function eachOf<Result>(
  keys: readonly SessionKey[],
  task: (key: SessionKey) => Promise<Result>,
): Promise<Result[]> {
  const slots = createSlots(maxConcurrent)
  return Promise.all(keys.map((key) => slots.use(() => task(key))))
}
