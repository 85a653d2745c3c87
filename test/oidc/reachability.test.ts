import t from 'tap'
import { createReachability } from '../../src/oidc/reachability.js'

/** Something to ask that answers as long as `isUp`, with a clock that is set by hand. */
function setUp() {
  const world = { isUp: true, now: 1_800_000_000_000, asked: 0 }
  const reachability = createReachability({
    async ask() {
      world.asked += 1
      if (!world.isUp) throw new Error('away')
    },
    now: () => world.now,
  })
  return { world, reachability }
}

t.test('DISC-4 asks once for all, and trusts an answer for ten seconds', async (t) => {
  const { world, reachability } = setUp()
  await Promise.all([reachability.ensure(), reachability.ensure()])
  t.equal(world.asked, 1)
  world.isUp = false
  world.now += 9999
  await reachability.ensure()
  t.equal(world.asked, 1)
  world.now += 1
  await t.rejects(Promise.all([reachability.ensure(), reachability.ensure()]), /away/)
  t.equal(world.asked, 2)
})

t.test('DISC-4 while it is away it is asked once a second at most, and recovers', async (t) => {
  const { world, reachability } = setUp()
  world.isUp = false
  await t.rejects(reachability.ensure(), /away/)
  world.isUp = true
  world.now += 999
  await t.rejects(reachability.ensure(), /away/)
  t.equal(world.asked, 1)
  world.now += 1
  await reachability.ensure()
  t.equal(world.asked, 2)
})

t.test('an answer to something else counts as well, and a clock may be set back', async (t) => {
  const { world, reachability } = setUp()
  world.isUp = false
  await t.rejects(reachability.ensure(), /away/)
  reachability.noteAnswer()
  await reachability.ensure()
  t.equal(world.asked, 1)
  world.now -= 3_600_000
  await t.rejects(reachability.ensure(), /away/)
  t.equal(world.asked, 2)
})
