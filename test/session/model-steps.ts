import * as fc from 'fast-check'

const minute = 60_000

/** One of the two replicas. */
const at = fc.nat(1)
/** One of the sessions begun last. */
const who = fc.nat(2)
/** One of two people, and one of the two sign-ins that each of them has at the provider. */
const whose = { sub: fc.nat(1), sid: fc.nat(1) }
const wellOrAway = fc.constantFrom('well' as const, 'away' as const)

/** What may happen next, whatever happened before. */
export const step = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('sign in' as const), at, ...whose }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('begin a login' as const), ...whose }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('finish a login' as const), at }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('request' as const), who, at }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('rush' as const), who }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('log out' as const), who, at }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('logout by the provider' as const),
      by: fc.constantFrom('sid' as const, 'sub' as const),
      at,
      ...whose,
      /** What goes on at the very moment. */
      during: fc.constantFrom('nothing' as const, 'logins' as const, 'requests' as const),
      /** How many turns of the innermost queue each command waits then, one after the other. */
      delays: fc.array(fc.nat(15), { minLength: 1, maxLength: 9 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(12 * minute) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('provider' as const), is: wellOrAway }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('keys' as const),
      is: fc.constantFrom('added' as const, 'put first' as const, 'removed' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('restart' as const), at }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('store' as const), at, is: wellOrAway }),
  },
)

export type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never
