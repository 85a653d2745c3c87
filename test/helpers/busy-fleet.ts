import type { Test } from 'tap'
import { type Fleet, type FleetOptions, startFleet } from './fleet.js'
import { type Load, type LoadAnswer, served, startLoad } from './load.js'
import { signIn } from './stack.js'

export const storeAway = '503 ERR_STORE_UNAVAILABLE'
export const refreshAway = '503 ERR_REFRESH_UNAVAILABLE'

/** A fleet in use: people are signed in, and their tokens run out every few seconds. */
export interface BusyFleet extends Fleet {
  /** Of everybody who sends requests. */
  readonly cookies: readonly string[]
  /** Has another one sign in, who sends requests from then on, and returns the cookie. */
  join(login: string): Promise<string>
  /**
   * Has everybody send requests while `breakAndHeal` runs and until all is well again, and holds each
   * answer to the promise: it is the application's, or a 503 that says when to try again; no cookie is
   * touched and nobody is sent to sign in.
   */
  endure(t: Test, breakAndHeal: (load: Load) => Promise<void>): Promise<Endurance>
}

export interface Endurance {
  readonly answers: readonly LoadAnswer[]
  /** How many answers there were of each name. */
  readonly counts: Readonly<Record<string, number>>
  /** From when `breakAndHeal` was done until the last answer that was not the application's. */
  readonly recoveredAfterMs: number
}

export async function startBusyFleet(t: Test, redis: FleetOptions['redis']): Promise<BusyFleet> {
  const fleet = await startFleet(t, {
    redis,
    provider: { accessTokenTtlSeconds: 4 },
    session: { staleOnStoreError: '1s' },
  })
  const { provider, publicUrl } = fleet
  const cookies: string[] = []
  async function join(login: string) {
    const cookie = (await signIn(fleet, login)).client.cookieFor(publicUrl)
    cookies.push(cookie)
    return cookie
  }
  await Promise.all(['alice', 'bob', 'carol', 'alice', 'bob', 'carol'].map(join))

  return {
    ...fleet,
    cookies,
    join,
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
      const recoveredAfterMs = Math.max(0, last - healedAt)
      t.comment(`all was well ${recoveredAfterMs} ms after the fault had gone`)
      t.comment(JSON.stringify(counts))
      const wrong = load.answers.filter((answer) => answer.name !== served && !isWait(answer))
      t.strictSame(wrong, [], 'answers are the application’s or say when to try again')
      const refused = provider.tokenRequests.filter(({ status }) => status !== 200)
      t.strictSame(refused, [], 'no refresh token was used twice')
      return { answers: load.answers, counts, recoveredAfterMs }
    },
  }
}

function isWait({ name, retryAfter, setsCookie, redirects }: Load['answers'][number]): boolean {
  const isUnavailable = name === storeAway || name === refreshAway
  return isUnavailable && Number(retryAfter) >= 1 && !setsCookie && !redirects
}
