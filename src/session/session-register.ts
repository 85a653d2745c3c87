import { createHmac } from 'node:crypto'
import type { KeyRing } from './key-ring.js'
import type { IndexName, SessionIndex, SessionKey } from './session-store.js'
import type { Identity } from './session.js'

/** The sessions of one sign-in at the provider, or all sessions of one person. */
export type SessionGroup =
  | { readonly issuer: string; readonly sid: string }
  | { readonly issuer: string; readonly sub: string }

/**
 * Files each session under its `sid`, its `sub` and a share of all sessions, so that it can be found
 * without its ticket.
 *
 * The sets and the session are separate steps, in an order that makes it harmless to stop in between: a
 * session is stored before it is filed, and its ticket is handed out only after that, so an entry
 * without a session is a dead one, and a session without entries is one that nobody can open.
 *
 * Whoever ends a group leaves a mark first and then looks for sessions; whoever adds a session files it
 * first and then looks for the mark. So one of them sees the other.
 */
export interface SessionRegister {
  /** Files the session until `expiresAt`, or keeps it filed for longer. */
  file(key: SessionKey, identity: Identity, expiresAt: number): Promise<void>
  /** Takes the session out of the sets, as far as they are known of it. */
  unfile(
    key: SessionKey,
    identity: Pick<Identity, 'issuer' | 'sub'> & { readonly sid?: string },
  ): Promise<void>
  /** Takes the session out of the set of a `sid` that it no longer has. */
  unfileSid(key: SessionKey, issuer: string, sid: string): Promise<void>
  /** Leaves the mark that the group was ended. */
  markEnded(group: SessionGroup, now: number): Promise<void>
  /** Whether one of the identity's groups was ended at or after `since`. */
  isEnded(identity: Identity, since: number): Promise<boolean>
  /** The sets of a group: one for each server key. */
  namesOf(group: SessionGroup): readonly IndexName[]
}

/** Longer than any login can be under way. */
const rememberEndMs = 15 * 60_000

/** The shares of all sessions, so that no set is in every session's way: the first letters of keys. */
export const shareNames: readonly IndexName[] = Array.from(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
  nameOfShare,
)

function nameOfShare(letter: string): IndexName {
  return `all-${letter}`
}

export function createSessionRegister(index: SessionIndex, keyRing: KeyRing): SessionRegister {
  /** A keyed hash: without the server's key nobody can even guess whose set it is. */
  function namesOf(group: SessionGroup): IndexName[] {
    const text = JSON.stringify(
      'sid' in group ? ['sid', group.issuer, group.sid] : ['sub', group.issuer, group.sub],
    )
    return keyRing
      .derive('session index')
      .map((secret) => createHmac('sha256', secret).update(text).digest('base64url'))
  }

  /** The sets to write to: those of the sealing key. All others are only read. */
  function writtenNames(key: SessionKey, identity: Identity): IndexName[] {
    const names = groupsOf(identity).flatMap((group) => namesOf(group).slice(0, 1))
    return [...names, nameOfShare(key.slice(0, 1))]
  }

  const removeAll = async (names: readonly IndexName[], key: SessionKey) => {
    await Promise.all(names.map((name) => index.remove(name, key)))
  }

  return {
    namesOf,
    async file(key, identity, expiresAt) {
      const names = writtenNames(key, identity)
      await Promise.all(names.map((name) => index.add(name, key, expiresAt)))
    },
    unfile: (key, identity) =>
      removeAll([...groupsOf(identity).flatMap(namesOf), nameOfShare(key.slice(0, 1))], key),
    unfileSid: (key, issuer, sid) => removeAll(namesOf({ issuer, sid }), key),
    async markEnded(group, now) {
      const mark = (name: IndexName) => index.markEnded(name, now, now + rememberEndMs)
      await Promise.all(namesOf(group).map(mark))
    },
    async isEnded(identity, since) {
      const names = groupsOf(identity).flatMap(namesOf)
      const ends = await Promise.all(names.map((name) => index.endedAt(name)))
      return ends.some((endedAt) => endedAt !== undefined && endedAt >= since)
    },
  }
}

function groupsOf({
  issuer,
  sub,
  sid,
}: Pick<Identity, 'issuer' | 'sub'> & { readonly sid?: string }): SessionGroup[] {
  return sid === undefined
    ? [{ issuer, sub }]
    : [
        { issuer, sid },
        { issuer, sub },
      ]
}
