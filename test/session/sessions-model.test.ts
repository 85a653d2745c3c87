import * as fc from 'fast-check'
import t from 'tap'
import { createKeyRing, createSessionKey } from '../../src/session/key-ring.js'
import { createMemoryRefreshLock } from '../../src/session/memory-refresh-lock.js'
import { createMemoryStore } from '../../src/session/memory-store.js'
import type { RefreshOutcome } from '../../src/session/refresher.js'
import type { SessionKey, SessionStore } from '../../src/session/session-store.js'
import { createSessions, type Sessions } from '../../src/session/sessions.js'
import { createFaultyStore, type FaultyStore } from './faulty-store.js'
import { createRotatingProvider, createTokens, identity } from './fixtures.js'

const minute = 60_000
const inactivityTimeoutMs = 30 * minute
const lifetimeMs = 120 * minute
const tokenLifetimeMs = 10 * minute
const extend = { extend: true }

/** What the simplest thinkable implementation knows of one session. */
interface ModelSession {
  readonly key: SessionKey
  readonly cookieValue: string
  readonly endsAt: number
  /** A session may end a touch interval early, so the last activity is known within bounds. */
  lastSeenAt: number
  isEnded: boolean
}

const step = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ do: 'sign in' } as const) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('request' as const), who: fc.nat(2), at: fc.nat(1) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('rush' as const), who: fc.nat(2) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('log out' as const), who: fc.nat(2), at: fc.nat(1) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(12 * minute) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('provider' as const),
      is: fc.constantFrom('well' as const, 'away' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('keys' as const),
      is: fc.constantFrom('added' as const, 'put first' as const, 'removed' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('restart' as const), at: fc.nat(1) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('store' as const),
      at: fc.nat(1),
      is: fc.constantFrom('well' as const, 'away' as const),
    }),
  },
)

/** Two replicas, one store, one provider that refuses used refresh tokens, and the model beside them. */
function createWorld() {
  let now = 1_800_000_000_000
  const clock = () => now
  let isProviderWell = true
  const answer = (): RefreshOutcome =>
    isProviderWell
      ? { kind: 'refreshed', tokens: createTokens(now, tokenLifetimeMs) }
      : { kind: 'unavailable', reason: 'away' }
  const provider = createRotatingProvider(answer)
  let keys = [createSessionKey()]
  /** The key that sealed each session last; both replicas seal with the first one. */
  const sealedWith = new Map<SessionKey, string | undefined>()
  const store = noteSealing(createMemoryStore(clock), (key) => void sealedWith.set(key, keys[0]))
  const lock = createMemoryRefreshLock(clock)
  const links = [createFaultyStore(store, clock), createFaultyStore(store, clock)]
  const isLinkWell = [true, true]
  const startReplica = (link: FaultyStore) =>
    createSessions({
      // The store outlives a replica that is restarted.
      store: { ...link.store, close: async () => {} },
      lock,
      keyRing: createKeyRing(keys),
      clock,
      refresher: () => provider.refresher,
      inactivityTimeoutMs,
      lifetimeMs,
      refreshAheadMs: minute,
      staleOnStoreErrorMs: 0,
      cacheBytes: 1_000_000,
    })
  const replicas = links.map(startReplica)
  const people: ModelSession[] = []
  const at = (index: number): Sessions => replicas[index] ?? fail()

  function isOver(person: ModelSession, slackMs: number) {
    const inactiveAt = person.lastSeenAt + inactivityTimeoutMs - slackMs
    return person.isEnded || now >= person.endsAt || now >= inactiveAt
  }

  async function signIn() {
    if (!isLinkWell[0]) return
    const signedIn = { identity, tokens: createTokens(now, tokenLifetimeMs) }
    const { cookieValue, live } = await at(0).create(signedIn, now)
    const { key } = live
    people.unshift({ key, cookieValue, endsAt: now + lifetimeMs, lastSeenAt: now, isEnded: false })
  }

  async function request(person: ModelSession, index: number) {
    const live = await at(index)
      .load(person.cookieValue, now, extend)
      .catch(() => 'unavailable' as const)
    if (live === 'unavailable') {
      if (isLinkWell[index]) fail('the store was well')
      return
    }
    if (live === undefined) {
      if (!isOver(person, minute)) fail('lost a session')
      person.isEnded = true
      return
    }
    if (isOver(person, 0)) fail('kept a session that is over')
    if (isLinkWell[index]) person.lastSeenAt = now
    const freshened = await at(index).freshen(live, now)
    if (freshened.kind === 'ended') fail(`ended without a reason: ${freshened.reason}`)
    if (freshened.kind === 'live' && freshened.live.session.tokens.accessTokenExpiresAt <= now) {
      fail('passed an expired token')
    }
    const isAllWell = isProviderWell && isLinkWell[index]
    if (freshened.kind === 'unavailable' && isAllWell && freshened.retryAfterMs > 30_000) {
      fail('held off for too long')
    }
  }

  async function logOut(person: ModelSession, index: number) {
    if (!isLinkWell[index]) return
    const live = await at(index).load(person.cookieValue, now, extend)
    if (live !== undefined) await at(index).destroy(live)
    person.isEnded = true
  }

  /** Ends the process as an update does: what is under way is finished, and the cache is gone. */
  async function restart(index: number) {
    const link = links[index]
    if (link === undefined || !isLinkWell[index]) return
    await at(index).close()
    replicas[index] = startReplica(link)
  }

  /** Both replicas learn of a changed key ring by a restart. */
  async function changeKeys(change: 'added' | 'put first' | 'removed') {
    if (!isLinkWell.every(Boolean)) return
    // What refreshes under way still seal is sealed before the keys change.
    await Promise.all(replicas.map((sessions) => sessions.close()))
    const last = keys.at(-1)
    if (change === 'added') keys = [...keys, createSessionKey()].slice(0, 3)
    if (last !== undefined && change === 'put first') keys = [last, ...keys.slice(0, -1)]
    if (last !== undefined && change === 'removed' && keys.length > 1) {
      keys = keys.slice(0, -1)
      for (const person of people) person.isEnded ||= sealedWith.get(person.key) === last
    }
    await restart(0)
    await restart(1)
  }

  async function run(action: typeof step extends fc.Arbitrary<infer Step> ? Step : never) {
    const person = 'who' in action ? people[action.who] : undefined
    switch (action.do) {
      case 'sign in':
        return signIn()
      case 'request':
        return person && request(person, action.at)
      case 'rush':
        return person && Promise.all([0, 1, 0, 1, 0, 1].map((index) => request(person, index)))
      case 'log out':
        return person && logOut(person, action.at)
      case 'wait':
        now += action.ms
        return undefined
      case 'provider':
        isProviderWell = action.is === 'well'
        return undefined
      case 'keys':
        return changeKeys(action.is)
      case 'restart':
        return restart(action.at)
      case 'store': {
        const link = links[action.at] ?? fail()
        const isWell = action.is === 'well'
        if (isWell && !isLinkWell[action.at]) link.comeBack()
        if (!isWell && isLinkWell[action.at]) link.goDown()
        isLinkWell[action.at] = isWell
        return undefined
      }
    }
  }

  return {
    run,
    reused: provider.reused,
    async end() {
      for (const link of links) link.comeBack()
      await Promise.all(replicas.map((sessions) => sessions.close()))
      await store.close()
    },
  }
}

/** The same store, which tells of everything that is sealed into it. */
function noteSealing(store: SessionStore, sealed: (key: SessionKey) => void): SessionStore {
  return {
    ...store,
    async create(key, ...rest) {
      await store.create(key, ...rest)
      sealed(key)
    },
    async replace(key, ...rest) {
      const answer = await store.replace(key, ...rest)
      if (answer === 'replaced') sealed(key)
      return answer
    },
  }
}

function fail(message = 'no such thing'): never {
  throw new Error(message)
}

t.test('two replicas behave like one that never fails, whatever happens to them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const world = createWorld()
      try {
        await world.run({ do: 'sign in' })
        for (const action of steps) {
          await world.run(action)
          // Background work (touches, refreshes ahead) gets done before the next step.
          await new Promise((resolve) => setImmediate(resolve))
        }
        return world.reused.length === 0
      } finally {
        await world.end()
      }
    }),
    { numRuns: 1000 },
  )
})
