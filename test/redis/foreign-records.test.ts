import t from 'tap'
import { deriveKey } from '../../src/session/key-ring.js'
import { sealSession } from '../../src/session/seal.js'
import { sealBox } from '../../src/session/sealed-box.js'
import { parseTicket, type Ticket } from '../../src/session/ticket.js'
import { startRedis } from '../helpers/redis-server.js'
import { createSession, keyRing } from '../session/fixtures.js'
import { load, signIn, startReplica } from './replica.js'

/** Seals whatever another version may have stored as it would have been sealed. */
const seal = (ticket: Ticket, record: unknown) =>
  sealBox(
    keyRing,
    {
      dataKey: ({ secret }) =>
        deriveKey(secret, Buffer.from(ticket.secret, 'base64url'), 'valetkey session v1'),
      context: ticket.key,
    },
    Buffer.from(JSON.stringify(record)),
  )

const withVersion = (box: Buffer, version: number) =>
  Buffer.concat([Buffer.of(version), box.subarray(1)])

const session = () => createSession(Date.now())

t.test(
  'records of other versions count as absent, or are served, and are left alone',
  async (t) => {
    const redis = await startRedis()
    t.teardown(() => redis.stop())
    const { sessions } = await startReplica(t, { url: redis.url })
    const direct = redis.client()

    async function store(fields: (ticket: Ticket) => Record<string, string | Buffer>) {
      const { cookieValue } = await signIn(sessions)
      const ticket = parseTicket(cookieValue)
      if (ticket === undefined) throw new Error('no ticket')
      const name = `valetkey:session:{${ticket.key}}`
      await direct.del(name)
      await direct.hset(name, { version: '1', active: String(Date.now()), ...fields(ticket) })
      const before = await direct.hgetallBuffer(name)
      const live = await load(sessions, cookieValue)
      t.strictSame(await direct.hgetallBuffer(name), before)
      return { live, name, cookieValue }
    }

    const foreign: Record<string, (ticket: Ticket) => Record<string, string | Buffer>> = {
      'a later schema': (ticket) => ({ sealed: seal(ticket, { ...session(), schema: 2 }) }),
      'a later schema of another shape': (ticket) => ({ sealed: seal(ticket, { schema: 2 }) }),
      'no schema': (ticket) => ({ sealed: seal(ticket, { ...session(), schema: undefined }) }),
      'no object': (ticket) => ({ sealed: seal(ticket, null) }),
      'a later seal': (ticket) => ({
        sealed: withVersion(sealSession(keyRing, ticket, session()), 2),
      }),
      'no seal': () => ({ sealed: 'plain' }),
      'an empty seal': () => ({ sealed: '' }),
      'a version that is no number': (ticket) => ({
        sealed: sealSession(keyRing, ticket, session()),
        version: 'one',
      }),
    }
    for (const [name, fields] of Object.entries(foreign)) {
      const { live } = await store(fields)
      t.equal(live, undefined, name)
    }
    const { live } = await store((ticket) => ({
      sealed: seal(ticket, { ...session(), addedLater: { any: 'thing' } }),
      alsoLater: '1',
    }))
    t.match(
      live,
      { session: { addedLater: { any: 'thing' } } },
      'what is only added is let through',
    )

    t.match(await sessions.readiness(), { ready: true })
  },
)

t.test('another kind of value in the place of a session counts as absent', async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const { sessions } = await startReplica(t, { url: redis.url })
  const direct = redis.client()
  const { cookieValue, live } = await signIn(sessions)
  await direct.set(`valetkey:session:{${live.key}}`, 'a string')
  t.equal(await load(sessions, cookieValue), undefined)
})
