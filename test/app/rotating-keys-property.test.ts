import * as fc from 'fast-check'
import t from 'tap'
import {
  createSigningWorld,
  day,
  hour,
  minute,
  second,
  type SigningReplica,
} from './signing-replicas.js'

interface Served {
  readonly kids: ReadonlySet<string>
  readonly at: number
  readonly until: number
}

const longestMaxAgeMs = 5 * minute
const lifetimeMs = 5 * minute

const which = fc.nat({ max: 2 })
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('wait'),
      ms: fc.constantFrom(second, minute, 20 * minute, hour, 9 * hour, day),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut'), which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose answers'), which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('join'), which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill'), which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush'), which }) },
) satisfies fc.Arbitrary<{ kind: string; ms?: number; which?: number }>

t.test(
  'whatever fails, an assertion verifies with every key set that may be kept',
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const world = createSigningWorld({ settleMs: 3 * second })
        // Clocks that are half a minute apart.
        const replicas = [-15, 0, 15].map((skew) => world.startReplica(skew * second))
        const served: Served[] = []
        const signed: { readonly kid: string; readonly until: number }[] = []

        async function look(first?: SigningReplica) {
          for (const replica of [...(first ? [first] : []), ...replicas]) {
            await replica.keys.look().catch(() => {})
          }
        }

        function observe() {
          for (const { keys, skewMs } of replicas) {
            const kid = keys.signingAt(world.now + skewMs)?.published.kid
            if (kid === undefined) continue
            signed.push({ kid, until: world.now + lifetimeMs })
            for (const set of served) {
              if (set.until > world.now && !set.kids.has(kid)) throw new Error('not known to all')
            }
          }
          for (const { keys, skewMs } of replicas) {
            const { keys: published, completeUntil } = keys.published(world.now + skewMs)
            const until = Math.min(completeUntil - skewMs, world.now + longestMaxAgeMs)
            if (published.length === 0 || until <= world.now) continue
            const kids = new Set(published.map(({ kid }) => kid))
            served.push({ kids, at: world.now, until })
            for (const { kid, until: expiresAt } of signed) {
              if (expiresAt > world.now && !kids.has(kid)) throw new Error('taken back too soon')
            }
          }
        }

        /** As the processes do, every second. */
        async function pass(seconds: number, first?: SigningReplica) {
          for (let each = 0; each < seconds; each++) {
            await look(first)
            observe()
            world.now += second
          }
        }

        await pass(5)
        for (const { kind, ...rest } of steps) {
          const replica = 'which' in rest ? replicas[rest.which] : undefined
          if ('ms' in rest) world.now += rest.ms
          if (replica !== undefined) {
            if (kind === 'cut') replica.link = 'down'
            if (kind === 'lose answers') replica.link = 'loses answers'
            if (kind === 'join') replica.link = 'up'
            if (kind === 'kill') replica.restart()
            const remembers = replicas.some(
              (other) =>
                other !== replica &&
                other.link === 'up' &&
                other.keys.signingAt(world.now + other.skewMs) !== undefined,
            )
            if (kind === 'flush' && remembers) {
              // With a newcomer that is the first to see the empty store.
              world.flush()
              replica.restart()
              await pass(5, replica)
            }
          }
          await pass(5)
        }
      }),
      { numRuns: 60 },
    )
  },
)
