import { createCipheriv, hkdfSync } from 'node:crypto'
import * as fc from 'fast-check'
import t from 'tap'
import { openFromCookie, sealForCookie } from '../../src/session/cookie-seal.js'
import { createKeyRing, createSessionKey } from '../../src/session/key-ring.js'
import { openSession, sealSession } from '../../src/session/seal.js'
import { parseRecord } from '../../src/session/session-record.js'
import { createTicket } from '../../src/session/ticket.js'
import { createSession, keyRing } from './fixtures.js'

t.test('what is sealed opens again, whatever the claims hold', async () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (claims, accessToken) => {
      const plain = createSession()
      const session = {
        ...plain,
        identity: { ...plain.identity, claims },
        tokens: { ...plain.tokens, accessToken },
      }
      const ticket = createTicket()
      const opened = openSession(keyRing, ticket, sealSession(keyRing, ticket, session))
      return JSON.stringify(opened) === JSON.stringify(session)
    }),
  )
})

t.test('a change to any byte, or a missing or added one, makes it unopenable', async (t) => {
  const ticket = createTicket()
  const sealed = sealSession(keyRing, ticket, createSession())
  let opened = 0
  for (let at = 0; at < sealed.length; at++) {
    for (const bit of [1, 128]) {
      const tampered = Buffer.from(sealed)
      tampered.writeUInt8(sealed.readUInt8(at) ^ bit, at)
      if (openSession(keyRing, ticket, tampered) !== undefined) opened++
    }
    if (openSession(keyRing, ticket, sealed.subarray(0, at)) !== undefined) opened++
  }
  t.equal(opened, 0)
  t.equal(openSession(keyRing, ticket, Buffer.concat([sealed, Buffer.of(0)])), undefined)
  t.ok(openSession(keyRing, ticket, sealed))
})

t.test(
  'opening takes both the server key and the secret, and works for one session only',
  async (t) => {
    const ticket = createTicket()
    const sealed = sealSession(keyRing, ticket, createSession())
    const other = createTicket()
    t.equal(openSession(createKeyRing([createSessionKey()]), ticket, sealed), undefined)
    t.equal(openSession(keyRing, { ...ticket, secret: other.secret }, sealed), undefined)
    t.equal(openSession(keyRing, { ...ticket, key: other.key }, sealed), undefined)
  },
)

t.test('a record that is sealed by hand, as docs/storage.md tells, opens', async (t) => {
  const ring = createKeyRing([Buffer.alloc(32, 7).toString('base64url')])
  const secret = Buffer.alloc(32, 9)
  const ticket = { ...createTicket(), secret: secret.toString('base64url') }
  const serverKey = Buffer.alloc(32, 7)
  const dataKey = hkdfSync('sha256', serverKey, secret, 'valetkey session v1', 32)
  const header = Buffer.concat([Buffer.of(1), ring.sealing.id])
  const nonce = Buffer.alloc(12, 3)
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(dataKey), nonce)
  cipher.setAAD(Buffer.concat([header, Buffer.from(ticket.key)]))
  const session = createSession()
  const ciphertext = Buffer.concat([cipher.update(JSON.stringify(session)), cipher.final()])
  const sealed = Buffer.concat([header, nonce, ciphertext, cipher.getAuthTag()])
  t.same(openSession(ring, ticket, sealed), session)
})

t.test('the first key seals, all open, a removed one does not', async (t) => {
  const [older, newer] = [createSessionKey(), createSessionKey()]
  const ticket = createTicket()
  const sealed = sealSession(createKeyRing([older]), ticket, createSession())
  const rotated = createKeyRing([newer, older])
  t.ok(openSession(rotated, ticket, sealed))
  const resealed = sealSession(rotated, ticket, createSession())
  t.ok(openSession(createKeyRing([newer]), ticket, resealed))
  t.equal(openSession(createKeyRing([newer]), ticket, sealed), undefined)
})

t.test('the same session never seals to the same bytes', async (t) => {
  const ticket = createTicket()
  const session = createSession()
  const [one, other] = [1, 2].map(() => sealSession(keyRing, ticket, session).toString('hex'))
  t.not(one, other)
})

t.test('arbitrary bytes open to nothing and throw nothing', async () => {
  const ticket = createTicket()
  const withHeader = fc
    .uint8Array({ maxLength: 200 })
    .map((bytes) => Buffer.concat([Buffer.of(1), keyRing.sealing.id, bytes]))
  const bytes = fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.from(each))
  fc.assert(
    fc.property(fc.oneof(bytes, withHeader), (box) => {
      const asCookie = openFromCookie(keyRing, 'c', box.toString('base64url'))
      return openSession(keyRing, ticket, box) === undefined && asCookie === undefined
    }),
  )
})

t.test('a record of another schema or shape is no session', async (t) => {
  const session = createSession()
  const { tokens: _tokens, ...withoutTokens } = session
  t.ok(parseRecord(JSON.stringify(session)))
  t.ok(parseRecord(JSON.stringify({ ...session, laterField: 1 })), 'a later version may add fields')
  const broken = [
    { ...session, schema: 2 },
    { ...session, endsAt: '1' },
    { ...session, identity: { ...session.identity, sub: 1 } },
    { ...session, identity: { ...session.identity, claims: [] } },
    { ...session, identity: { ...session.identity, claims: null } },
    { ...session, identity: { ...session.identity, claims: 'none' } },
    withoutTokens,
    null,
    [],
  ]
  for (const each of broken) t.equal(parseRecord(JSON.stringify(each)), undefined)
  t.equal(parseRecord('{'), undefined)
})

t.test('a cookie value opens under its own name only', async (t) => {
  const value = sealForCookie(keyRing, 'valetkey-login-a', 'state and nonce: ü')
  t.match(value, /^[\w-]+$/)
  t.equal(openFromCookie(keyRing, 'valetkey-login-a', value), 'state and nonce: ü')
  t.equal(openFromCookie(keyRing, 'valetkey-login-b', value), undefined)
  t.equal(openFromCookie(createKeyRing([createSessionKey()]), 'valetkey-login-a', value), undefined)
})

t.test('a sealed session and a sealed cookie cannot stand in for each other', async (t) => {
  const ticket = createTicket()
  const sealed = sealSession(keyRing, ticket, createSession())
  t.equal(openFromCookie(keyRing, ticket.key, sealed.toString('base64url')), undefined)
  const value = sealForCookie(keyRing, ticket.key, JSON.stringify(createSession()))
  t.equal(openSession(keyRing, ticket, Buffer.from(value, 'base64url')), undefined)
})

t.test('CK-10 malformed and huge cookie values open to nothing', async (t) => {
  const value = sealForCookie(keyRing, 'c', 'data')
  for (const each of ['', 'x', '%', `${value}=`, `${value}.`, value.slice(1), 'A'.repeat(5000)]) {
    t.equal(openFromCookie(keyRing, 'c', each), undefined)
  }
})
