import type {
  ChangeFeed,
  SessionStore,
  StoredFacts,
  StoredSession,
} from '../session/session-store.js'
import { isWrongType, type RedisLink } from './client.js'
import type { RedisKeys } from './redis-keys.js'
import { createRedisForms } from './redis-forms.js'
import { createRedisSessionIndex } from './redis-session-index.js'
import { createRedisSigningKeys } from './redis-signing-keys.js'
import {
  createSession,
  destroySession,
  replaceSession,
  retireSession,
  runScript,
  touchSession,
  type Script,
} from './scripts.js'

export interface RedisSessionStoreOptions {
  readonly link: RedisLink
  readonly keys: RedisKeys
  readonly changes: ChangeFeed
  readonly close: () => Promise<void>
  readonly clock: () => number
}

/**
 * Keeps each session as a Redis hash that expires with it. A load is one command; changes are scripts,
 * so that each is one step for whoever else looks. Times to live are relative: the clocks of Redis and
 * of this machine need not agree.
 */
export function createRedisSessionStore(options: RedisSessionStoreOptions): SessionStore {
  const { keys, changes, clock } = options
  const { client, reach } = options.link

  /** Runs a script on a session; `missing` stands for a value that is no session. */
  function run(
    script: Script,
    key: string,
    args: readonly (string | number | Buffer)[],
    missing: number,
  ): Promise<unknown> {
    return reach(() =>
      runScript(client, script, keys.session(key), args).catch((error: unknown) => {
        if (isWrongType(error)) return missing
        throw error
      }),
    )
  }

  return {
    changes,
    forms: createRedisForms(options),
    index: createRedisSessionIndex(options),
    signingKeys: createRedisSigningKeys(options),
    async create(key, sealed, lastActiveAt, expiresAt, facts) {
      await reach(() =>
        runScript(client, createSession, keys.session(key), [
          sealed,
          lastActiveAt,
          Math.ceil(expiresAt - clock()),
          ...(facts === undefined ? [] : [facts]),
        ]),
      )
    },
    load: (key) =>
      reach(() =>
        client
          .hmgetBuffer(keys.session(key), 'sealed', 'version', 'active', 'retires')
          .then(parseStored, nothingIfWrongType),
      ),
    loadFacts: (key) =>
      reach(() =>
        client
          .hmgetBuffer(keys.session(key), 'facts', 'active', 'retires')
          .then(parseFacts, nothingIfWrongType),
      ),
    async replace(key, sealed, expectedVersion) {
      const answer = await run(replaceSession, key, [sealed, expectedVersion], -1)
      if (answer === 1) return 'replaced'
      return answer === 0 ? 'conflict' : 'absent'
    },
    async touch(key, lastActiveAt, expiresAt) {
      const timeToLiveMs = Math.ceil(expiresAt - clock())
      return (await run(touchSession, key, [lastActiveAt, timeToLiveMs], 0)) === 1
    },
    async retire(key, retiresAt) {
      const timeToLiveMs = Math.ceil(retiresAt - clock())
      return (await run(retireSession, key, [Math.ceil(retiresAt), timeToLiveMs], 0)) === 1
    },
    async destroy(key, expectedVersion) {
      if (expectedVersion === undefined) {
        return (await reach(() => client.del(keys.session(key)))) === 1
      }
      return (await run(destroySession, key, [expectedVersion], 0)) === 1
    },
    async consumeOnce(mark, expiresAt) {
      const timeToLiveMs = Math.ceil(expiresAt - clock())
      if (timeToLiveMs <= 0) return false
      const set = () => client.set(keys.once(mark), '', 'PX', timeToLiveMs, 'NX')
      return (await reach(set)) === 'OK'
    },
    wasConsumed: async (mark) => (await reach(() => client.exists(keys.once(mark)))) === 1,
    close: options.close,
  }
}

function nothingIfWrongType(error: unknown): undefined {
  if (!isWrongType(error)) throw error
}

type Field = Buffer | null | undefined

/** A record that lacks a field, or whose numbers are none, is no session. */
function parseStored([sealed, version, active, retires]: Field[]): StoredSession | undefined {
  if (!sealed || !version || !active) return undefined
  const times = parseTimes(active, retires)
  const stored = times && { sealed, version: Number(version), ...times }
  return stored && Number.isSafeInteger(stored.version) ? stored : undefined
}

function parseFacts([facts, active, retires]: Field[]): StoredFacts | undefined {
  const times = active ? parseTimes(active, retires) : undefined
  return times && (facts ? { facts, ...times } : times)
}

function parseTimes(
  active: Buffer,
  retires: Field,
): Pick<StoredSession, 'lastActiveAt' | 'retiresAt'> | undefined {
  const lastActiveAt = Number(active)
  if (!Number.isSafeInteger(lastActiveAt)) return undefined
  if (!retires) return { lastActiveAt }
  const retiresAt = Number(retires)
  return Number.isSafeInteger(retiresAt) ? { lastActiveAt, retiresAt } : undefined
}
