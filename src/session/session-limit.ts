import type { LiveSession } from './live-session.js'
import type { SessionFacts } from './session-facts.js'
import type { SessionInventory } from './session-inventory.js'
import type { SessionKey } from './session-store.js'

/** Keeps people from having more than so many sessions. */
export interface SessionLimit {
  /**
   * Ends the oldest sessions of the person who just signed in, as many as there are too many, and gives
   * their number. Retired ones do not count: they are about to end. Throws StoreUnavailableError.
   *
   * A login ends only what began before it, so two at once never end each other; until the next login
   * there may then be one too many.
   */
  enforce(live: LiveSession): Promise<number>
}

export function createSessionLimit(
  inventory: Pick<SessionInventory, 'listWhere' | 'endByKey'>,
  maxPerUser: number,
): SessionLimit {
  return {
    async enforce({ key: newKey, session }) {
      const { issuer, sub } = session.identity
      const others = new Map<SessionKey, Age>()
      let cursor: string | undefined
      do {
        const page = await inventory.listWhere({ issuer, sub }, cursor)
        for (const { key, facts, isRetired } of page.sessions)
          if (!isRetired) others.set(key, { key, createdAt: facts.createdAt })
        cursor = page.cursor
      } while (cursor !== undefined)
      others.delete(newKey)

      const newest = { key: newKey, createdAt: session.createdAt }
      const oldestFirst = [...others.values()].toSorted(byAge)
      const surplus = oldestFirst.slice(0, Math.max(0, others.size + 1 - maxPerUser))
      let ended = 0
      for (const each of surplus) {
        if (byAge(each, newest) < 0 && (await inventory.endByKey(each.key))) ended += 1
      }
      return ended
    },
  }
}

type Age = Pick<SessionFacts, 'createdAt'> & { readonly key: SessionKey }

/** The oldest first; sessions of the same millisecond in an order that all replicas agree on. */
function byAge(one: Age, other: Age): number {
  return one.createdAt - other.createdAt || (one.key < other.key ? -1 : 1)
}
