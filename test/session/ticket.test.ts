import * as fc from 'fast-check'
import t from 'tap'
import { createTicket, formatTicket, isSameSecret, parseTicket } from '../../src/session/ticket.js'

t.test('a ticket is read as it was written', async (t) => {
  const ticket = createTicket()
  const value = formatTicket(ticket)
  t.match(value, /^1\.[\w-]{22}\.[\w-]{43}$/)
  const parsed = parseTicket(value)
  t.strictSame(parsed, ticket)
  t.ok(parsed && isSameSecret(parsed, ticket))
  t.notOk(isSameSecret(ticket, createTicket()))
})

t.test(
  'CK-7 ids are 128 random bits, named outside by their hash, never twice the same',
  async (t) => {
    const tickets = Array.from({ length: 1000 }, createTicket)
    t.equal(new Set(tickets.map(({ id }) => id)).size, 1000)
    t.equal(new Set(tickets.map(({ key }) => key)).size, 1000)
    for (const { id, key, secret } of tickets) {
      t.equal(Buffer.from(id, 'base64url').length, 16)
      t.equal(Buffer.from(secret, 'base64url').length, 32)
      t.notOk(key.includes(id))
    }
  },
)

t.test('CK-10 malformed and huge values are no ticket', async (t) => {
  const value = formatTicket(createTicket())
  const malformed = [
    '',
    '1',
    '..',
    value.slice(1),
    value.slice(0, -1),
    `${value}A`,
    ` ${value}`,
    `${value} `,
    `"${value}"`,
    value.replace('1.', '2.'),
    value.replaceAll('.', ','),
    value.replace(/.$/, '='),
    value.replace(/.$/, 'é'),
    value.replace(/^(...)./, '$1\0'),
    encodeURIComponent(`${value}%`),
    value.repeat(1000),
    'A'.repeat(10_000_000),
  ]
  for (const each of malformed)
    t.equal(parseTicket(each), undefined, JSON.stringify(each.slice(0, 80)))
})

t.test('a ticket has one spelling', async (t) => {
  const value = formatTicket(createTicket())
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const spellings = (at: number) =>
    Array.from(alphabet)
      .map((letter) => value.slice(0, at) + letter + value.slice(at + 1))
      .filter((each) => parseTicket(each) !== undefined)
  t.equal(spellings(23).length, 4, 'the last letter of the id carries two bits')
  t.equal(spellings(67).length, 16, 'the last letter of the secret carries four bits')
})

t.test('CK-10 no value makes reading throw', async () => {
  const nearTicket = fc
    .tuple(fc.nat(67), fc.string({ minLength: 1, maxLength: 2, unit: 'binary' }))
    .map(([at, text]) => {
      const value = formatTicket(createTicket())
      return value.slice(0, at) + text + value.slice(at + text.length)
    })
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), nearTicket), (value) => {
      const ticket = parseTicket(value)
      return ticket === undefined || formatTicket(ticket) === value
    }),
    { numRuns: 2000 },
  )
})
