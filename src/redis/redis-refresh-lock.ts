import { randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RefreshLock, RefreshTrace } from '../session/refresh-lock.js'
import type { RedisLink } from './client.js'
import type { RedisChanges } from './invalidation.js'
import type { RedisKeys } from './redis-keys.js'
import {
  acquireLock,
  askUnderLock,
  extendLock,
  noteRefusal,
  releaseLock,
  runScript,
} from './scripts.js'

export interface RedisRefreshLockOptions {
  readonly link: RedisLink
  readonly keys: RedisKeys
  readonly changes: RedisChanges
}

/** Without reports of changes, and for leases that run out, waiting means looking again this often. */
const lookAgainMs = 250
/** Long enough that who comes back to a session after hours finds what became of it. */
const rememberTraceMs = 24 * 3_600_000

/** Redis may hold any name, and an event called `error` that nobody listens to would end the process. */
const eventOf = (key: string): string => `lock ${key}`

/** A refresh lock over all processes on one Redis. Only the owner's random token gives it up. */
export function createRedisRefreshLock(options: RedisRefreshLockOptions): RefreshLock {
  const { keys, changes } = options
  const { client, reach } = options.link
  const reports = new EventEmitter().setMaxListeners(0)
  changes.subscribeToLocks((key) => void reports.emit(eventOf(key)))

  return {
    async acquire(key, leaseMs) {
      const [lock, asked] = [keys.lock(key), keys.asked(key)]
      const owner = randomBytes(16).toString('base64url')
      let mine = ''
      const giveUp = () => release([lock, asked], [owner, mine], leaseMs)
      const isSent = client.status === 'ready'
      let answer: unknown
      try {
        answer = await reach(() => runScript(client, acquireLock, [lock, asked], [owner, leaseMs]))
      } catch (error) {
        // The lock may be taken all the same, by nobody who knows.
        if (isSent) void giveUp()
        throw error
      }
      if (!Array.isArray(answer)) return undefined
      const trace = parseTrace(String(answer[0]), Number(answer[1]) - rememberTraceMs)
      return {
        ...(trace && { trace }),
        extend: async () =>
          (await reach(() => runScript(client, extendLock, lock, [owner, leaseMs]))) === 1,
        async ask(version) {
          mine = `${version} ${owner}`
          const args = [owner, leaseMs, version, rememberTraceMs]
          return (await reach(() => runScript(client, askUnderLock, [lock, asked], args))) === 1
        },
        async refuse(version) {
          const args = [owner, version, rememberTraceMs + leaseMs]
          return (await reach(() => runScript(client, noteRefusal, asked, args))) === 1
        },
        release: giveUp,
      }
    },

    waitForRelease(key, timeoutMs) {
      return new Promise((resolve) => {
        const timer = setTimeout(wake, timeoutMs)
        // A report may be lost with its connection, and a lease that runs out is reported late or never.
        const looking = setInterval(wakeIfFree, lookAgainMs)
        reports.once(eventOf(key), wake)
        wakeIfFree()

        function wake() {
          clearTimeout(timer)
          clearInterval(looking)
          reports.off(eventOf(key), wake)
          resolve()
        }
        function wakeIfFree() {
          client.exists(keys.lock(key)).then(
            (count) => count === 0 && wake(),
            () => {},
          )
        }
      })
    },
  }

  /** Resolves after one try; what failed is tried again until the lease has run out by itself. */
  async function release(
    names: readonly string[],
    args: readonly string[],
    leaseMs: number,
  ): Promise<void> {
    try {
      await runScript(client, releaseLock, names, args)
    } catch {
      if (leaseMs > 0) void releaseLater(names, args, leaseMs)
    }
  }

  async function releaseLater(names: readonly string[], args: readonly string[], leaseMs: number) {
    await sleep(lookAgainMs, undefined, { ref: false })
    await release(names, args, leaseMs - lookAgainMs)
  }
}

/** A trace as scripts write it; whatever else is there is none. */
function parseTrace(text: string, graceMs: number): RefreshTrace | undefined {
  const [, digits, what] = /^(\d{1,15}) (.+)$/.exec(text) ?? []
  if (digits === undefined) return undefined
  const version = Number(digits)
  if (what !== 'refused') return { version, kind: 'asked' }
  return { version, kind: 'refused', graceMs: Math.max(0, graceMs) }
}
