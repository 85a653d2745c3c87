import type { Test } from 'tap'
import { type Fleet, startFleet } from './fleet.js'
import { type Load, served, startLoad } from './load.js'
import type { RedisServer } from './redis-server.js'
import { signIn } from './stack.js'

export const storeAway = '503 ERR_STORE_UNAVAILABLE'
export const refreshAway = '503 ERR_REFRESH_UNAVAILABLE'

/** A fleet in use: people are signed in, and their tokens run out every few seconds. */
export interface BusyFleet extends Fleet {
  /**
   * Has everybody send requests while `breakAndHeal` runs and until all is well again, and holds each
   * answer to the promise: it is the application's, or a 503 that says when to try again; no cookie is
   * touched and nobody is sent to sign in.
   */
  endure(t: Test, breakAndHeal: (load: Load) => Promise<void>): Promise<Record<string, number>>
}

export async function startBusyFleet(t: Test, redis: RedisServer): Promise<BusyFleet> {
  const fleet = await startFleet(t, {
    redis,
    provider: { accessTokenTtlSeconds: 4 },
    session: { staleOnStoreError: '1s' },
  })
  const { provider, publicUrl } = fleet
  const people = ['alice', 'bob', 'carol', 'alice', 'bob', 'carol']
  const cookies = await Promise.all(
    people.map(async (login) => (await signIn(fleet, login)).client.cookieFor(publicUrl)),
  )

  return {
    ...fleet,
    async endure(t, breakAndHeal) {
      const load = startLoad(`${publicUrl}/work`, cookies)
      t.teardown(() => load.stop())
      await load.untilOnly(served, 2)
      await breakAndHeal(load)
      const healedAt = Date.now()
      await load.untilOnly(served, 10)
      await load.stop()

      const counts: Record<string, number> = {}
      for (const { name } of load.answers) counts[name] = (counts[name] ?? 0) + 1
      const last = load.answers.findLast(({ name }) => name !== served)?.at ?? 0
      t.comment(`all was well ${Math.max(0, last - healedAt)} ms after the fault had gone`)
      t.comment(JSON.stringify(counts))
      const wrong = load.answers.filter((answer) => answer.name !== served && !isWait(answer))
      t.strictSame(wrong, [], 'answers are the application’s or say when to try again')
      const refused = provider.tokenRequests.filter(({ status }) => status !== 200)
      t.strictSame(refused, [], 'no refresh token was used twice')
      return counts
    },
  }
}

function isWait({ name, retryAfter, setsCookie, redirects }: Load['answers'][number]): boolean {
  const isUnavailable = name === storeAway || name === refreshAway
  return isUnavailable && Number(retryAfter) >= 1 && !setsCookie && !redirects
}
