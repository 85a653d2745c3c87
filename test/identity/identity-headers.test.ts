import { once } from 'node:events'
import { createServer } from 'node:http'
import { Buffer } from 'node:buffer'
import * as fc from 'fast-check'
import t from 'tap'
import { request } from 'undici'
import { identityHeaders, oversizedIdentityHeaders } from '../../src/identity/identity-headers.js'
import { maxIdentityHeaderBytes } from '../../src/identity/header-value.js'
import { identityOf } from '../access/fixtures.js'

const options = { groupsClaim: 'groups' }

const headersOf = (claims: Record<string, unknown>, sub = 'alice') =>
  Object.fromEntries(identityHeaders(identityOf(claims, { sub }), options))

const wellFormed = (text: string) => Buffer.from(text).toString()

/** What docs/identity-headers.md tells applications to do. */
const decode = (value: string) =>
  Buffer.from(
    value.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    ),
    'latin1',
  ).toString('utf8')

t.test('the headers are those of the design; an absent claim gives none', async (t) => {
  const claims = {
    email: 'alice@example.com',
    preferred_username: 'al',
    groups: ['staff', 'it'],
  }
  t.same(identityHeaders(identityOf(claims), options), [
    ['X-Forwarded-User', 'alice'],
    ['X-Forwarded-Email', 'alice@example.com'],
    ['X-Forwarded-Preferred-Username', 'al'],
    ['X-Forwarded-Groups', 'staff,it'],
  ])
  t.same(identityHeaders(identityOf({}), options), [['X-Forwarded-User', 'alice']])
  t.same(headersOf({ email: '', preferred_username: null, groups: [] }), {
    'X-Forwarded-User': 'alice',
  })
  t.same(headersOf({ email: ['a'], preferred_username: 1, groups: 7 }), {
    'X-Forwarded-User': 'alice',
    'X-Forwarded-Groups': '7',
  })
})

t.test('CORE-25 an address that is known to be unverified gives no header', async (t) => {
  t.notHas(headersOf({ email: 'a@example.com', email_verified: false }), {
    'X-Forwarded-Email': 'a@example.com',
  })
})

t.test('SMU-12 what a header cannot hold is percent-encoded', async (t) => {
  const cases: [value: string, encoded: string][] = [
    ['plain text, with a comma', 'plain text, with a comma'],
    ['a\r\nX-Forwarded-Groups: admin', 'a%0D%0AX-Forwarded-Groups: admin'],
    ['a\rb\nc\0d\te\x7f', 'a%0Db%0Ac%00d%09e%7F'],
    [' a ', '%20a%20'],
    ['\u00a0a', '%C2%A0a'],
    ['100%', '100%'],
    ['100%25', '100%2525'],
    ['%zz%4', '%zz%4'],
    ['\u0085', '%C2%85'],
  ]
  for (const [value, encoded] of cases) {
    t.equal(headersOf({}, value)['X-Forwarded-User'], encoded, JSON.stringify(value))
    t.equal(decode(encoded), value)
  }
})

const utf8 = (text: string) => Buffer.from(text).toString('latin1')

t.test('SMU-12 characters beyond ASCII go as UTF-8', async (t) => {
  t.equal(headersOf({}, 'Zoë 田中 🦊')['X-Forwarded-User'], utf8('Zoë 田中 🦊'))
  t.equal(headersOf({}, 'a\ud800b')['X-Forwarded-User'], utf8('a\ufffdb'), 'a lone surrogate')
})

t.test('SMU-12 a comma within a group is told from one between groups', async (t) => {
  t.equal(headersOf({ groups: ['a,b', 'c%2Cd', ' e'] })['X-Forwarded-Groups'], 'a%2Cb,c%252Cd,%20e')
})

t.test('SMU-12 decoding gives back the claim, whatever it is', async () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 })
  const tricky = fc
    .array(fc.constantFrom('%', '2', 'C', ',', ' ', '\r', '\n', 'é', '0', 'a'), { minLength: 1 })
    .map((characters) => characters.join(''))
  fc.assert(
    fc.property(
      fc.oneof(text, tricky),
      fc.uniqueArray(fc.oneof(text, tricky), { minLength: 1 }),
      (sub, groups) => {
        const headers = headersOf({ groups }, sub)
        const values = Object.values(headers)
        return (
          // No control characters, and no white space that a server would trim.
          values.every((value) => /^[!-~\x80-\xff]([ -~\x80-\xff]*[!-~\x80-\xff])?$/.test(value)) &&
          decode(headers['X-Forwarded-User'] ?? '') === wellFormed(sub) &&
          (headers['X-Forwarded-Groups'] ?? '')
            .split(',')
            .every((group, index) => decode(group) === wellFormed(groups[index] ?? ''))
        )
      },
    ),
    { numRuns: 3000 },
  )
})

t.test('SMU-12 a value above 8 KB is left out as a whole, and named', async (t) => {
  const groups = Array.from({ length: 1000 }, (_, index) => `group-${index}`)
  const identity = identityOf({ groups, preferred_username: 'x'.repeat(maxIdentityHeaderBytes) })
  t.same(
    identityHeaders(identity, options).map(([name]) => name),
    ['X-Forwarded-User', 'X-Forwarded-Preferred-Username'],
  )
  t.same(oversizedIdentityHeaders(identity, options), ['X-Forwarded-Groups'])
  t.same(oversizedIdentityHeaders(identityOf({}), options), [])
})

t.test('SMU-12 a real server receives the bytes, sent by undici', async (t) => {
  const received: string[] = []
  const server = createServer((incoming, response) => {
    received.push(...incoming.rawHeaders)
    response.end()
  })
  t.teardown(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const headers = identityHeaders(
    identityOf({ groups: ['Vorstand, Köln', '田中'] }, { sub: 'x\r\ny' }),
    options,
  )
  const answer = await request(`http://127.0.0.1:${address.port}/`, {
    headers: headers.flat(),
  })
  await answer.body.dump()
  const at = (name: string) => received[received.indexOf(name) + 1] ?? ''
  t.equal(at('X-Forwarded-User'), 'x%0D%0Ay')
  t.same(at('X-Forwarded-Groups').split(',').map(decode), ['Vorstand, Köln', '田中'])
})
