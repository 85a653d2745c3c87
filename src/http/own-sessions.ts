import type { SessionKey } from '../session/session-store.js'
import type { ListedSession, LiveSession, Sessions } from '../session/sessions.js'

/** The sessions of one person: of the same subject of the same issuer. */
export interface OwnSessions {
  /**
   * About `enough` of them, the session in use first, then the latest active, without retired ones;
   * `isIncomplete` when there are more.
   */
  list(
    live: LiveSession,
    enough: number,
  ): Promise<{ readonly sessions: readonly ListedSession[]; readonly isIncomplete: boolean }>
  /** Ends one, if it is the person's. True when this call ended it. */
  endOne(live: LiveSession, key: SessionKey): Promise<boolean>
  /** Ends all but the session in use, and gives their number. */
  endOthers(live: LiveSession): Promise<number>
}

export function createOwnSessions(
  inventory: Pick<Sessions, 'listWhere' | 'endByKey'>,
): OwnSessions {
  async function* pagesOf({ session: { identity } }: LiveSession) {
    const person = { issuer: identity.issuer, sub: identity.sub }
    let cursor: string | undefined
    do {
      const page = await inventory.listWhere(person, cursor)
      yield page
      cursor = page.cursor
    } while (cursor !== undefined)
  }

  return {
    async list(live, enough) {
      // By key, since a listing may show a session twice.
      const others = new Map<SessionKey, ListedSession>()
      let current = listedOf(live)
      let isIncomplete = false
      for await (const { sessions, cursor } of pagesOf(live)) {
        for (const each of sessions) {
          if (each.key === live.key) current = each
          else if (!each.isRetired) others.set(each.key, each)
        }
        isIncomplete = cursor !== undefined
        if (others.size >= enough) break
      }
      const latest = [...others.values()].toSorted((a, b) => b.lastActiveAt - a.lastActiveAt)
      return { sessions: [current, ...latest], isIncomplete }
    },

    async endOne(live, wanted) {
      for await (const { sessions } of pagesOf(live)) {
        if (sessions.some(({ key }) => key === wanted)) return inventory.endByKey(wanted)
      }
      return false
    },

    async endOthers(live) {
      // All are listed before the first ends, so that the pages do not shift meanwhile.
      const keys = new Set<SessionKey>()
      for await (const { sessions } of pagesOf(live)) {
        for (const { key } of sessions) keys.add(key)
      }
      keys.delete(live.key)
      let ended = 0
      for (const key of keys) if (await inventory.endByKey(key)) ended += 1
      return ended
    },
  }
}

/** What the session itself tells, when its facts are not there or further down the list. */
function listedOf({ key, session, lastActiveAt }: LiveSession): ListedSession {
  const { issuer, sub, providerId } = session.identity
  const { schema, createdAt, endsAt } = session
  const facts = { schema, issuer, sub, providerId, createdAt, endsAt }
  return { key, facts, lastActiveAt, isRetired: false }
}
