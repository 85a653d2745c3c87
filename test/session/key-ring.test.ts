import t from 'tap'
import { createKeyRing, createSessionKey, SessionKeyError } from '../../src/session/key-ring.js'

const hex = (keys: Buffer[]) => keys.map((key) => key.toString('hex'))

t.test('reads keys as they are generated', async (t) => {
  const keys = [createSessionKey(), createSessionKey()]
  t.match(keys[0], /^[\w-]{43}$/)
  const ring = createKeyRing(keys)
  t.equal(ring.find(ring.sealing.id), ring.sealing)
  t.equal(ring.find(Buffer.alloc(8)), undefined)
})

t.test('refuses what is no key, without repeating it', async (t) => {
  const good = createSessionKey()
  t.throws(() => createKeyRing([]), SessionKeyError)
  for (const bad of ['', 'hunter2', good.slice(1), `${good}=`, `${good}A`, ` ${good}`]) {
    const attempt = () => createKeyRing([good, bad])
    t.throws(attempt, {
      code: 'ERR_SESSION_KEY',
      message: 'session key 2 is not 32 bytes in base64url',
    })
  }
})

t.test('derives a key for each purpose and server key', async (t) => {
  const [one, other] = [createSessionKey(), createSessionKey()]
  const ring = createKeyRing([one, other])
  const derived = [...hex(ring.derive('assertion')), ...hex(ring.derive('something'))]
  t.equal(new Set(derived).size, 4)
  for (const key of derived) t.equal(key.length, 64)
  t.strictSame(hex(createKeyRing([other, one]).derive('assertion')), [derived[1], derived[0]])
})

t.test('derives the same again, before and after keys are replaced', async (t) => {
  const [one, other] = [createSessionKey(), createSessionKey()]
  const ring = createKeyRing([one])
  const [before] = hex(ring.derive('assertion'))
  t.strictSame(hex(ring.derive('assertion')), [before])
  ring.replace([other, one])
  t.equal(hex(ring.derive('assertion'))[1], before)
  t.equal(ring.sealing.derive('assertion').toString('hex'), hex(ring.derive('assertion'))[0])
})

t.test('replaces its keys and says whether one is lost by it', async (t) => {
  const [one, other] = [createSessionKey(), createSessionKey()]
  const ring = createKeyRing([one])
  const first = ring.sealing
  const lost: boolean[] = []
  ring.subscribe(({ isAnyRemoved }) => lost.push(isAnyRemoved))
  ring.replace([other, one])
  t.notOk(ring.sealing.id.equals(first.id))
  t.ok(ring.find(first.id))
  t.throws(() => ring.replace([one, 'hunter2']), SessionKeyError)
  t.throws(() => ring.replace([]), SessionKeyError)
  t.ok(ring.find(first.id), 'what cannot be used changes nothing')
  ring.replace([other])
  t.equal(ring.find(first.id), undefined)
  t.strictSame(lost, [false, true])
})
