import t from 'tap'
import { StoreUnavailableError } from '../../src/session/session-store.js'
import { createBarrier, createTokens, identity, until } from './fixtures.js'
import { extend, setUpReplicas, tokenLifetimeMs } from './replicas.js'

t.test('a holder that was stopped past its lease does not use the token again', async (t) => {
  const { here, there, faulty, time, signIn, provider } = setUpReplicas(t)
  const { live } = await signIn()
  time.now += tokenLifetimeMs
  // It stops between reading the session and asking the provider, and another replica takes over.
  const read = createBarrier()
  faulty.after.load = () => read.opened
  const stopped = here.freshen(live, time.now)
  await until(() => faulty.counts.load === 1)
  time.now += 20_000
  t.match(await there.freshen(live, time.now), { kind: 'live', live: { version: 2 } })
  faulty.after = {}
  read.open()
  t.match(await stopped, { kind: 'live', live: { version: 2 } })
  t.equal(provider.calls.length, 1)
})

t.test('refused because another replica rotated first: its tokens are used', async (t) => {
  const { here, there, time, signIn, load, provider, issue } = setUpReplicas(t)
  const { live, cookieValue } = await signIn()
  time.now += tokenLifetimeMs
  const refused = createBarrier()
  provider.plan.answer = async () => {
    await refused.opened
    return { kind: 'rejected', reason: 'invalid_grant' }
  }
  const slow = here.freshen(live, time.now)
  await until(() => provider.calls.length === 1)
  // Its request is still under way to the provider when its lease runs out.
  time.now += 20_000
  provider.plan.answer = issue
  provider.forget()
  t.match(await there.freshen(live, time.now), { kind: 'live', live: { version: 2 } })
  refused.open()
  t.match(await slow, { kind: 'live', live: { version: 2 } })
  t.equal(provider.calls.length, 2)
  t.equal((await load(there, cookieValue)).version, 2)
})

t.test('tokens that the store would not take are kept, used, and written later', async (t) => {
  const { here, there, faulty, time, signIn, load, provider, lock } = setUpReplicas(t)
  const { live, cookieValue } = await signIn()
  await load(here, cookieValue)
  time.now += tokenLifetimeMs
  await load(here, cookieValue)
  faulty.before.replace = () => {
    faulty.goDown()
    throw new StoreUnavailableError('Redis cannot be reached')
  }
  const freshened = await here.freshen(live, time.now)
  t.equal(freshened.kind, 'live')
  const { accessToken } =
    freshened.kind === 'live' ? freshened.live.session.tokens : live.session.tokens
  t.not(accessToken, live.session.tokens.accessToken)
  t.equal((await load(here, cookieValue)).session.tokens.accessToken, accessToken)
  t.equal(await lock.acquire(live.key, 1000), undefined, 'nobody else refreshes meanwhile')

  faulty.comeBack()
  t.equal((await load(here, cookieValue)).session.tokens.accessToken, accessToken)
  await until(async () => (await load(there, cookieValue)).version === 2)
  t.equal((await load(there, cookieValue)).session.tokens.accessToken, accessToken)
  t.equal((await load(here, cookieValue)).version, 2)
  await until(async () => (await lock.acquire(live.key, 1000)) !== undefined)
  t.equal(provider.calls.length, 1)
})

t.test('a store that files nothing just now takes the new tokens all the same', async (t) => {
  const { here, there, faulty, time, signIn, load } = setUpReplicas(t)
  const { live, cookieValue } = await signIn()
  time.now += tokenLifetimeMs
  // As when the sets are on a node of a cluster that is away, and the session on another one.
  faulty.before.index = () => {
    throw new StoreUnavailableError('Redis cannot be reached')
  }
  t.match(await here.freshen(live, time.now), { kind: 'live', live: { version: 2 } })
  t.equal((await load(there, cookieValue)).version, 2)
})

t.test('a write that took effect though its answer was lost is not made twice', async (t) => {
  const { here, there, faulty, time, signIn, load, provider } = setUpReplicas(t)
  const { live, cookieValue } = await signIn()
  time.now += tokenLifetimeMs
  faulty.after.replace = () => {
    faulty.after = {}
    throw new StoreUnavailableError('Redis did not answer in time')
  }
  const freshened = await here.freshen(live, time.now)
  const accessToken = freshened.kind === 'live' && freshened.live.session.tokens.accessToken
  await until(() => faulty.counts.replace === 2)
  const there2 = await load(there, cookieValue)
  t.equal(there2.version, 2)
  t.equal(there2.session.tokens.accessToken, accessToken)
  t.equal(provider.calls.length, 1)
})

t.test('a logout while tokens wait to be written stays a logout', async (t) => {
  const { here, there, faulty, time, signIn, load } = setUpReplicas(t)
  const { live, cookieValue } = await signIn()
  time.now += tokenLifetimeMs
  faulty.before.replace = () => {
    throw new StoreUnavailableError('Redis refused with MISCONF')
  }
  t.match(await here.freshen(live, time.now), { kind: 'live' })
  await there.destroy(await load(there, cookieValue))
  faulty.before = {}
  const before = faulty.counts.replace
  await until(() => faulty.counts.replace > before)
  t.equal(await here.load(cookieValue, time.now, extend), undefined)
})

for (const where of ['there', 'here'] as const) {
  t.test(`a logout ${where} during a refresh stays one when the store goes away`, async (t) => {
    const replicas = setUpReplicas(t)
    const { here, faulty, time, signIn, load, provider, issue } = replicas
    const { live, cookieValue } = await signIn()
    await load(here, cookieValue)
    time.now += tokenLifetimeMs
    const asked = createBarrier()
    provider.plan.answer = async () => {
      await asked.opened
      return issue()
    }
    const freshening = here.freshen(live, time.now)
    await until(() => provider.calls.length === 1)
    await replicas[where].destroy(live)
    faulty.goDown()
    asked.open()
    t.match(await freshening, { kind: 'unavailable' })
    await t.rejects(here.load(cookieValue, time.now, extend), StoreUnavailableError)
    const before = faulty.counts.replace
    faulty.comeBack()
    await until(() => faulty.counts.replace > before)
    t.equal(await here.load(cookieValue, time.now, extend), undefined)
  })
}

t.test('a logout that is reported while the new tokens are written stays one', async (t) => {
  const { here, there, faulty, time, signIn, load } = setUpReplicas(t)
  const { live, cookieValue } = await signIn()
  await load(here, cookieValue)
  time.now += tokenLifetimeMs
  faulty.before.replace = async () => {
    await there.destroy(live)
    faulty.goDown()
    throw new StoreUnavailableError('Redis cannot be reached')
  }
  t.match(await here.freshen(live, time.now), { kind: 'unavailable' })
  await t.rejects(here.load(cookieValue, time.now, extend), StoreUnavailableError)
})

t.test('a logout during a refresh whose tokens are not taken ends it at once', async (t) => {
  const { here, there, faulty, time, signIn, load, provider, issue } = setUpReplicas(t)
  const { live, cookieValue } = await signIn()
  await load(here, cookieValue)
  time.now += tokenLifetimeMs
  provider.plan.answer = async () => {
    await there.destroy(live)
    faulty.before.replace = () => {
      throw new StoreUnavailableError('Redis refused with MISCONF')
    }
    return issue()
  }
  t.match(await here.freshen(live, time.now), { kind: 'ended' })
})

t.test('a change during a refresh that ended nothing costs no session', async (t) => {
  const { here, there, faulty, time, signIn, load, provider, issue } = setUpReplicas(t)
  const { live, cookieValue } = await signIn()
  await load(here, cookieValue)
  time.now += tokenLifetimeMs
  provider.plan.answer = async () => {
    await there.retire(live, time.now + 10_000)
    faulty.before.replace = () => {
      throw new StoreUnavailableError('Redis refused with MISCONF')
    }
    return issue()
  }
  const freshened = await here.freshen(live, time.now)
  t.match(freshened, { kind: 'live', live: { retiresAt: time.now + 10_000 } })
  const { accessToken } = (await load(here, cookieValue)).session.tokens
  t.not(accessToken, live.session.tokens.accessToken)
  faulty.before = {}
  await until(async () => (await load(there, cookieValue)).version === 2)
  t.equal((await load(there, cookieValue)).session.tokens.accessToken, accessToken)
})

t.test('what was read again since the change is shown with the new tokens', async (t) => {
  const { here, there, faulty, time, signIn, load, provider, issue } = setUpReplicas(t)
  const { live, cookieValue } = await signIn()
  time.now += tokenLifetimeMs
  provider.plan.answer = async () => {
    time.now += 1
    await there.retire(live, time.now + 10_000)
    await load(here, cookieValue)
    faulty.goDown()
    return issue()
  }
  const freshened = await here.freshen(live, time.now)
  t.match(freshened, { kind: 'live', live: { retiresAt: time.now + 10_000 } })
  const { accessToken } = (await load(here, cookieValue)).session.tokens
  t.not(accessToken, live.session.tokens.accessToken)
  time.now += 10_000
  await t.rejects(here.load(cookieValue, time.now, extend), StoreUnavailableError)
})

t.test('new tokens make nobody believe in a session for longer', async (t) => {
  const { here, faulty, time, signIn, load, provider, issue } = setUpReplicas(t)
  const { live, cookieValue } = await signIn()
  faulty.certain = false
  time.now += tokenLifetimeMs
  provider.plan.answer = () => {
    time.now += 20_000
    faulty.goDown()
    return issue()
  }
  t.match(await here.freshen(live, time.now), { kind: 'live' })
  time.now += 10_000
  t.ok(await load(here, cookieValue))
  time.now += 1
  await t.rejects(here.load(cookieValue, time.now, extend), StoreUnavailableError)
})

t.test('without the store nothing is refreshed', async (t) => {
  const { here, time, signIn, provider, lock } = setUpReplicas(t)
  const { live } = await signIn()
  lock.acquire = async () => {
    throw new StoreUnavailableError('Redis cannot be reached')
  }
  time.now = live.refreshAt
  t.match(await here.freshen(live, time.now), { kind: 'live' })
  time.now += tokenLifetimeMs
  t.match(await here.freshen(live, time.now), { kind: 'unavailable' })
  t.equal(provider.calls.length, 0)
})

t.test('the store failing in mid-refresh is no reason to end a session', async (t) => {
  const { here, faulty, time, signIn, load, provider } = setUpReplicas(t)
  const { live, cookieValue } = await signIn()
  time.now += tokenLifetimeMs
  provider.plan.answer = () => {
    faulty.goDown()
    return { kind: 'rejected', reason: 'invalid_grant' }
  }
  t.match(await here.freshen(live, time.now), { kind: 'unavailable' })
  faulty.comeBack()
  t.ok(await load(here, cookieValue))
})

t.test('a refresher that throws is a failure like others, told without its message', async (t) => {
  const { here, time, signIn, provider, results } = setUpReplicas(t)
  const { live } = await signIn()
  provider.plan.answer = () => {
    throw new TypeError(`cannot read ${live.session.tokens.accessToken}`)
  }
  time.now += tokenLifetimeMs
  t.match(await here.freshen(live, time.now), { kind: 'unavailable' })
  t.match(results, [{ kind: 'unavailable', reason: 'the refresh failed with TypeError' }])
})

t.test(
  'without refresh token or provider a session lives as long as its access token',
  async (t) => {
    const { here, time, signIn } = setUpReplicas(t, { refresher: undefined })
    const { live } = await signIn()
    t.match(await here.freshen(live, live.refreshAt), { kind: 'live' })
    time.now += tokenLifetimeMs
    t.match(await here.freshen(live, time.now), { kind: 'ended' })
  },
)

t.test('thousands of sessions that expire at once are no stampede', async (t) => {
  const { here, time, provider, issue } = setUpReplicas(t, {
    limits: { maxConcurrent: 64, requestWaitMs: 120_000 },
  })
  let running = 0
  let most = 0
  provider.plan.answer = async () => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    running--
    return issue()
  }
  const all = await Promise.all(
    Array.from({ length: 2000 }, () =>
      here.create({ identity, tokens: createTokens(time.now, tokenLifetimeMs) }, time.now),
    ),
  )
  time.now += tokenLifetimeMs
  const outcomes = await Promise.all(all.map(({ live }) => here.freshen(live, time.now)))
  t.equal(most, 64)
  t.equal(provider.calls.length, 2000)
  t.equal(outcomes.filter(({ kind }) => kind === 'live').length, 2000)
})

t.test('closing waits until the new tokens are stored', async (t) => {
  const { here, there, time, signIn, load, provider, issue, results } = setUpReplicas(t)
  const { live, cookieValue } = await signIn()
  const answer = createBarrier()
  provider.plan.answer = async () => {
    await answer.opened
    return issue()
  }
  time.now = live.refreshAt
  await here.freshen(live, time.now)
  await until(() => provider.calls.length === 1)
  const closed = here.close()
  t.equal(results.length, 0)
  answer.open()
  await closed
  t.equal((await load(there, cookieValue)).version, 2)
})
