import { connectRedis } from '../../../src/redis/connect.js'
import type { KeyRing } from '../../../src/session/key-ring.js'
import { createSessions, type Sessions } from '../../../src/session/sessions.js'
import { until } from '../../session/fixtures.js'
import type { Times } from './fill.js'
import { createSignIn, devicesPerPerson, subOf } from './people.js'
import { medianMs, spread } from '../harness/timing.js'

const rounds = 100

export interface InventoryFigures {
  readonly listWhereMs: number
  readonly endBySubMs: number
  readonly endBySidMs: number
  readonly firstPageMs: number
}

export interface InventoryOptions {
  readonly redisUrl: string
  readonly keyRing: KeyRing
  readonly issuer: string
  readonly times: Times
  /** How many sessions there are. */
  readonly stored: number
}

/** What operators and back-channel logout do, by a process of its own that knows no session. */
export async function measureInventory(options: InventoryOptions): Promise<InventoryFigures> {
  const { keyRing, times, redisUrl } = options
  const connected = connectRedis({
    url: redisUrl,
    keyPrefix: 'valetkey:',
    commandTimeoutMs: 10_000,
  })
  const sessions = createSessions({
    ...times,
    ...connected,
    keyRing,
    refresher: () => undefined,
    cacheBytes: 0,
  })
  try {
    await until(async () => (await sessions.readiness()).ready)
    return await measureWith(sessions, options)
  } finally {
    await sessions.close()
  }
}

async function measureWith(
  sessions: Sessions,
  { issuer, stored }: InventoryOptions,
): Promise<InventoryFigures> {
  const people = Math.floor(stored / devicesPerPerson)
  const known = spread(range(0, people), rounds)
  const listWhereMs = await medianMs(known, async (person) => {
    const { sessions: listed } = await sessions.listWhere({ issuer, sub: subOf(person) })
    expect(listed.length, devicesPerPerson)
  })
  const firstPageMs = await medianMs(range(0, 20), () => sessions.list())

  // Who is logged out signs in just before, so that the number of sessions stays what it is.
  const guests = range(people, people + rounds)
  const signIns = guests.flatMap((guest) =>
    range(guest * devicesPerPerson, (guest + 1) * devicesPerPerson).map((number) =>
      createSignIn(issuer, number, Date.now()),
    ),
  )
  for (const signIn of signIns) await sessions.create(signIn, Date.now())
  // One of each guest's; the others go with the person.
  const sids = signIns
    .filter((_, place) => place % devicesPerPerson === 0)
    .map(({ identity }) => identity.sid ?? '')
  const endBySidMs = await medianMs(sids, async (sid) =>
    expect(await sessions.endWhere({ issuer, sid }), 1),
  )
  const endBySubMs = await medianMs(guests, async (guest) =>
    expect(await sessions.endWhere({ issuer, sub: subOf(guest) }), devicesPerPerson - 1),
  )
  return { listWhereMs, firstPageMs, endBySidMs, endBySubMs }
}

const range = (start: number, end: number) =>
  Array.from({ length: end - start }, (_, place) => start + place)

function expect(count: number, expected: number): void {
  if (count !== expected) throw new Error(`${count} sessions instead of ${expected}`)
}
