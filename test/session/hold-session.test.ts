import t from 'tap'
import { holdSession } from '../../src/session/hold-session.js'
import { parseRecord } from '../../src/session/session-record.js'
import type { SessionRecord } from '../../src/session/session.js'
import { bytesHeld } from '../helpers/bytes-held.js'
import { createSession } from './fixtures.js'

function parsed(claims: Record<string, unknown>): SessionRecord {
  const session = createSession()
  const record = parseRecord(
    JSON.stringify({ ...session, identity: { ...session.identity, claims } }),
  )
  if (record === undefined) throw new Error('no record')
  return record
}

t.test('holds the claims as they are', async (t) => {
  const claims = {
    iss: createSession().identity.issuer,
    groups: ['staff', 'on call', 7, null, { name: 'nested' }, ['deeper']],
    roles: [],
    name: 'Alice',
    '': ['x'.repeat(1000)],
  }
  t.same(holdSession(parsed(claims)).identity.claims, claims)
  const hostile = JSON.parse('{"__proto__": ["staff"], "constructor": ["staff"]}')
  const held = holdSession(parsed(hostile)).identity.claims
  t.same(Object.keys(held), ['__proto__', 'constructor'])
  t.equal(Object.getPrototypeOf(held), Object.prototype)
})

t.test('the groups of many people are in memory once', async (t) => {
  const groups = Array.from({ length: 40 }, (_, n) => `a group with a longer name, number ${n}`)
  holdSession(parsed({ groups }))
  const before = bytesHeld()
  const held = Array.from({ length: 1000 }, () => holdSession(parsed({ groups })))
  const perSession = (bytesHeld() - before) / held.length
  // The texts alone would be 2,200.
  t.ok(perSession < 1800, `${perSession} bytes`)
})

t.test('no end of texts is kept', async (t) => {
  holdSession(parsed({ groups: ['before'] }))
  const before = bytesHeld()
  for (let round = 0; round < 50; round++) {
    const groups = Array.from({ length: 1000 }, (_, n) => `of round ${round}, number ${n}`)
    holdSession(parsed({ groups }))
  }
  t.ok(bytesHeld() - before < 2_000_000)
})
