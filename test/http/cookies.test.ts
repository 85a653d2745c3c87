import * as fc from 'fast-check'
import t from 'tap'
import { createCookieNames, formatLoginCookie, loginCookiesToDrop } from '../../src/http/cookies.js'
import { createTicket, formatTicket, parseTicket } from '../../src/session/ticket.js'

const https = createCookieNames({ publicUrl: 'https://app.example.com', domain: null })

t.test('CK-3 the name demands what the configuration can keep', async (t) => {
  t.equal(https.ticket, '__Host-valetkey')
  const shared = createCookieNames({
    publicUrl: 'https://app.example.com',
    domain: 'example.com',
  })
  t.equal(shared.ticket, '__Secure-valetkey')
  const plain = createCookieNames({ publicUrl: 'http://localhost:4180', domain: null })
  t.equal(plain.ticket, 'valetkey')
  t.same([https.secure, shared.secure, plain.secure], [true, true, false])
  t.equal(https.login('abcdefghijklmnopqrstuvwxyz'), '__Host-valetkey-login-abcdefghijklmnop')
})

const good = formatTicket(createTicket())
const other = formatTicket(createTicket())
const headerOf = (...values: string[]) =>
  values.map((value) => `__Host-valetkey=${value}`).join('; ')

t.test('CK-3 finds the ticket by its exact name only', async (t) => {
  const found: [string, string | undefined][] = [
    [`__Host-valetkey=${good}`, good],
    [`a=b; __Host-valetkey=${good}; c=d`, good],
    [`a=b;__Host-valetkey=${good};c=d`, good],
    [`a=b;\t__Host-valetkey=${good}  ;c`, good],
    [`__host-valetkey=${other}`, undefined],
    [`__HOST-VALETKEY=${other}`, undefined],
    [`__host-valetkey=${other}; __Host-valetkey=${good}`, good],
    [`x__Host-valetkey=${other}`, undefined],
    [`x=__Host-valetkey=${other}`, undefined],
    [`x="__Host-valetkey=${other}"`, undefined],
    [`x=y __Host-valetkey=${other}`, undefined],
    ['__Host-valetkey-login-x=y', undefined],
    ['__Host-valetkey', undefined],
    [`__Host-valetkey =${good}`, undefined],
    ['__Host-valetkey=', ''],
    ['', undefined],
  ]
  for (const [header, value] of found) t.equal(https.readTicketCookie(header), value, header)
  t.equal(https.readTicketCookie(undefined), undefined)
})

t.test('CK-6 of several session cookies the first counts that can be a ticket', async (t) => {
  t.equal(https.readTicketCookie(headerOf(good, other)), good)
  const planted = ['', 'x', `"${other}"`, `${other}x`, other.slice(1), `${other.slice(0, -1)}=`]
  for (const each of planted) {
    t.equal(https.readTicketCookie(headerOf(each, good)), good, each)
    t.equal(https.readTicketCookie(headerOf(good, each)), good, each)
    t.equal(https.readTicketCookie(headerOf('y', each)), each, each)
  }
  t.equal(https.readTicketCookie(headerOf(...planted, good, other)), good)
})

t.test(
  'CK-10 a hostile Cookie header is read without a throw and agrees with a full parse',
  async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '__Host-valetkey',
        '=',
        ';',
        ' ',
        '\t',
        '; ',
        'x',
        '"',
        '%zz',
        '__host-valetkey',
        `__Host-valetkey=${good}`,
        `;__Host-valetkey=${other};`,
      ),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const header = pieces.join('')
        const parsed = header
          .split(';')
          .map((pair) => pair.replace(/^[ \t]+/, ''))
          .filter((pair) => pair.startsWith('__Host-valetkey='))
          .map((pair) => pair.slice('__Host-valetkey='.length).trim())
        const ticket = parsed.find((value) => parseTicket(value) !== undefined) ?? parsed.at(-1)
        https.listLoginCookies(header)
        return https.readTicketCookie(header) === ticket
      }),
      { numRuns: 2000 },
    )
  },
)

t.test('knows its own cookies, of this configuration only', async (t) => {
  t.ok(https.isOwnCookie('__Host-valetkey'))
  t.ok(https.isOwnCookie('__Host-valetkey-login-abc'))
  t.ok(https.isOwnCookie('__Host-valetkey-trail'))
  for (const name of ['__host-valetkey', 'valetkey', '__Host-valetkeys', 'x', '']) {
    t.notOk(https.isOwnCookie(name), name)
  }
})

t.test('CK-2 lists the pending logins of a browser, oldest first', async (t) => {
  const header = [
    `${https.login('new')}=${formatLoginCookie(2_000_000_000_000, 'sealed.new')}`,
    'other=1',
    `${https.login('odd')}=???`,
    `${https.login('old')}=${formatLoginCookie(1_999_999_999_000, 'sealed.old')}`,
    '__Host-valetkey=1.a.b',
  ].join('; ')
  const pending = https.listLoginCookies(header)
  t.same(
    pending.map(({ name, sealed, createdAt }) => [name, sealed, createdAt]),
    [
      [https.login('odd'), '', 0],
      [https.login('old'), 'sealed.old', 1_999_999_999_000],
      [https.login('new'), 'sealed.new', 2_000_000_000_000],
    ],
  )
  t.same(https.listLoginCookies(undefined), [])
  const planted = ['a b', 'ä', 'a"', 'a,b', ''].map((end) => `__Host-valetkey-login-${end}=x`)
  t.same(https.listLoginCookies(planted.join('; ')), [], 'what cannot be cleared by its name')
})

t.test('CK-2 at most four pending logins stay, the oldest go', async (t) => {
  const pending = [1, 2, 3, 4, 5].map((createdAt) => ({
    name: `n${createdAt}`,
    sealed: 's',
    createdAt,
    octets: 500,
  }))
  const names = (count: number) =>
    loginCookiesToDrop(pending.slice(0, count), 500).map(({ name }) => name)
  t.same(names(0), [])
  t.same(names(3), [])
  t.same(names(4), ['n1'])
  t.same(names(5), ['n1', 'n2'])
})

t.test('CK-2 pending logins leave room in a Cookie header of 8192 octets', async (t) => {
  const pending = [1, 2].map((createdAt) => ({
    name: `n${createdAt}`,
    sealed: 's',
    createdAt,
    octets: 2500,
  }))
  t.same(
    loginCookiesToDrop(pending, 2500).map(({ name }) => name),
    ['n1'],
  )
  t.same(
    loginCookiesToDrop(pending, 4000).map(({ name }) => name),
    ['n1', 'n2'],
  )
})
