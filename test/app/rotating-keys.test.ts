import t from 'tap'
import { createKeyRing, createSessionKey } from '../../src/session/key-ring.js'
import { createSigningWorld, day, hour, intervalMs, kidsOf, minute } from './signing-replicas.js'

const settleMs = 3000

const signer = (
  keys: { signingAt(now: number): { published: { kid: string } } | undefined },
  at: number,
) => keys.signingAt(at)?.published.kid

t.test('several replicas that start at once make one key', async (t) => {
  const world = createSigningWorld({ settleMs })
  const one = world.startReplica()
  const replicas = [one, ...Array.from({ length: 7 }, () => world.startReplica())]
  await Promise.all(replicas.map(({ keys }) => keys.look()))
  t.equal(world.writes, 1)
  t.equal(signer(one.keys, world.now), undefined, 'somebody may know older keys')
  t.same(kidsOf(one.keys, world.now), [], 'and verifiers shall not keep a set without them')
  world.now += settleMs
  const [kid] = kidsOf(one.keys, world.now)
  t.ok(kid)
  for (const { keys } of replicas) {
    t.same(kidsOf(keys, world.now), [kid])
    t.equal(signer(keys, world.now), kid)
  }
})

t.test(
  'a key is published an hour before it signs, and until what it signed has expired',
  async (t) => {
    const world = createSigningWorld()
    const { keys } = world.startReplica()
    await keys.look()
    const [first] = kidsOf(keys, world.now)
    world.now += intervalMs - 1
    await keys.look()
    t.same(kidsOf(keys, world.now), [first])
    world.now += 1
    await keys.look()
    const second = kidsOf(keys, world.now).find((kid) => kid !== first)
    t.ok(second)
    t.equal(signer(keys, world.now + hour - 1), first)
    t.equal(signer(keys, world.now + hour), second)
    const lastSignedAt = world.now + intervalMs + hour
    t.ok(
      kidsOf(keys, lastSignedAt + 5 * minute).includes(first ?? ''),
      'a replica may not know better',
    )
    t.notOk(kidsOf(keys, lastSignedAt + 10 * minute).includes(first ?? ''))
  },
)

t.test('without the store a key signs for one interval more, and no longer', async (t) => {
  const world = createSigningWorld()
  const replica = world.startReplica()
  await replica.keys.look()
  const [first] = kidsOf(replica.keys, world.now)
  replica.link = 'down'
  const startedAt = world.now
  world.now += intervalMs
  await t.rejects(replica.keys.look(), { code: 'ERR_STORE_UNAVAILABLE' })
  t.equal(signer(replica.keys, startedAt + 2 * intervalMs), first)
  t.equal(signer(replica.keys, startedAt + 2 * intervalMs + hour), undefined)
})

t.test('a process that never reached the store has no key', async (t) => {
  const replica = createSigningWorld().startReplica()
  replica.link = 'down'
  await t.rejects(replica.keys.look(), { code: 'ERR_STORE_UNAVAILABLE' })
  t.equal(replica.keys.signingAt(0), undefined)
  t.same(replica.keys.published(0).keys, [])
})

t.test('a key whose writer died before it heard of it is a key like any other', async (t) => {
  const world = createSigningWorld()
  const [dying, other] = [world.startReplica(), world.startReplica()]
  dying.link = 'loses answers'
  await t.rejects(dying.keys.look(), { code: 'ERR_STORE_UNAVAILABLE' })
  await dying.keys.look()
  t.equal(world.writes, 1)
  await other.keys.look()
  t.equal(kidsOf(other.keys, world.now).length, 1)
  dying.restart()
  dying.link = 'up'
  await dying.keys.look()
  t.same(kidsOf(dying.keys, world.now), kidsOf(other.keys, world.now))
})

t.test('what the store has lost is put back, and a newcomer waits for that', async (t) => {
  const world = createSigningWorld({ settleMs })
  const [one, other] = [world.startReplica(), world.startReplica()]
  await one.keys.look()
  await other.keys.look()
  world.now += hour
  const known = signer(one.keys, world.now)
  world.flush()
  other.restart()
  await other.keys.look()
  t.equal(signer(other.keys, world.now), undefined)
  await one.keys.look()
  await other.keys.look()
  world.now += settleMs
  t.equal(signer(other.keys, world.now), known)
  t.equal(signer(one.keys, world.now), known)
})

t.test('signing keys follow the session keys that seal them', async (t) => {
  const world = createSigningWorld()
  const [older, newer] = [createSessionKey(), createSessionKey()]
  const ring = createKeyRing([older])
  const { keys } = world.startReplica(0, ring)
  await keys.look()
  const [first] = kidsOf(keys, world.now)
  world.now += day
  let removals = 0
  keys.onRemoval(() => removals++)

  ring.replace([older, newer])
  await keys.look()
  t.same(kidsOf(keys, world.now), [first])
  ring.replace([newer, older])
  await keys.look()
  const second = kidsOf(keys, world.now).find((kid) => kid !== first)
  t.ok(second)
  t.equal(signer(keys, world.now), first, 'the new one is published first')
  world.now += hour
  t.equal(signer(keys, world.now), second)
  t.equal(removals, 0)

  ring.replace([newer])
  t.same(kidsOf(keys, world.now), [second], 'at once')
  t.equal(removals, 1)
  await keys.look()
  t.same(kidsOf(keys, world.now), [second])
})

t.test('a replica with another session key reads nothing and overwrites nothing', async (t) => {
  const world = createSigningWorld()
  const { keys } = world.startReplica()
  await keys.look()
  const known = kidsOf(keys, world.now)
  const foreign = world.startReplica(0, createKeyRing([createSessionKey()]))
  await foreign.keys.look()
  t.not(kidsOf(foreign.keys, world.now)[0], known[0])
  await keys.look()
  t.same(kidsOf(keys, world.now), known)
})
