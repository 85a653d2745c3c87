import * as fc from 'fast-check'
import t from 'tap'
import { createCookieNames, formatLoginCookie, loginCookiesToDrop } from '../../src/http/cookies.js'

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

t.test('CK-3 finds the ticket by its exact name only', async (t) => {
  const found: [string, string | undefined][] = [
    ['__Host-valetkey=1.a.b', '1.a.b'],
    ['a=b; __Host-valetkey=1.a.b; c=d', '1.a.b'],
    ['a=b;__Host-valetkey=1.a.b;c=d', '1.a.b'],
    ['a=b;\t__Host-valetkey=1.a.b  ;c', '1.a.b'],
    ['__host-valetkey=planted', undefined],
    ['__HOST-VALETKEY=planted', undefined],
    ['__host-valetkey=planted; __Host-valetkey=1.a.b', '1.a.b'],
    ['x__Host-valetkey=planted', undefined],
    ['x=__Host-valetkey=planted', undefined],
    ['x="__Host-valetkey=planted"', undefined],
    ['x=y __Host-valetkey=planted', undefined],
    ['__Host-valetkey-login-x=y', undefined],
    ['__Host-valetkey', undefined],
    ['__Host-valetkey =1.a.b', undefined],
    ['__Host-valetkey=', ''],
    ['', undefined],
  ]
  for (const [header, value] of found) t.equal(https.readTicketCookie(header), value, header)
  t.equal(https.readTicketCookie(undefined), undefined)
})

t.test('CK-6 the first of two tickets counts', async (t) => {
  t.equal(https.readTicketCookie('__Host-valetkey=first; __Host-valetkey=second'), 'first')
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
      ),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const header = pieces.join('')
        const parsed = header
          .split(';')
          .map((pair) => pair.replace(/^[ \t]+/, ''))
          .find((pair) => pair.startsWith('__Host-valetkey='))
          ?.slice('__Host-valetkey='.length)
          .trim()
        https.listLoginCookies(header)
        return https.readTicketCookie(header) === parsed
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
