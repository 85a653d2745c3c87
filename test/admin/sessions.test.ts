import t, { type Test } from 'tap'
import { createAdmin } from '../../src/admin/admin.js'
import type { Revocation } from '../../src/admin/sessions.js'
import { parseSessionListing } from '../../src/admin/session-listing.js'
import { createMemoryStore } from '../../src/session/memory-store.js'
import type { SessionStore } from '../../src/session/session-store.js'
import { createLogger } from '../../src/telemetry/logger.js'
import { createMetrics } from '../../src/telemetry/metrics.js'
import { createFaultyStore } from '../session/faulty-store.js'
import { createTestSessions, createTokens, identity } from '../session/fixtures.js'

const token = 'operator-token-of-the-tests'
const otherIssuer = 'https://other.example.com'

interface Start {
  readonly store?: SessionStore
  readonly token?: string | undefined
}

function start(t: Test, options: Start = {}) {
  const { store } = options
  const sessions = createTestSessions(t, store === undefined ? {} : { store })
  const revoked: [number, Revocation][] = []
  const admin = createAdmin({
    logger: createLogger({ level: 'silent' }),
    unreadiness: async () => [],
    metrics: createMetrics(),
    sessions: {
      token: 'token' in options ? options.token : token,
      inventory: sessions,
      issuers: [identity.issuer, otherIssuer],
      onRevoked: (ended, what) => revoked.push([ended, what]),
    },
    answerMalformed: (_error, socket) => socket.destroy(),
  })
  t.teardown(() => admin.close())

  async function ask(method: 'GET' | 'DELETE', url: string, authorization = `Bearer ${token}`) {
    return admin.inject({ method, url, headers: { authorization } })
  }
  async function list(query = '') {
    const answer = await ask('GET', `/sessions${query}`)
    t.equal(answer.statusCode, 200)
    return parseSessionListing(answer.json())
  }
  async function signIn(sub: string, issuer = identity.issuer) {
    const now = Date.now()
    const tokens = createTokens(now, 60_000)
    const { live, cookieValue } = await sessions.create(
      {
        identity: { ...identity, issuer, sub },
        tokens,
        client: { userAgent: 'Browser/1', address: '192.0.2.1' },
      },
      now,
    )
    return { key: live.key, live, tokens, cookieValue }
  }
  return { admin, ask, list, signIn, sessions, revoked }
}

t.test('without a token in the configuration the answer says how to get one', async (t) => {
  const { admin } = start(t, { token: undefined })
  for (const [method, url] of [
    ['GET', '/sessions'],
    ['DELETE', '/sessions?sub=alice'],
    ['DELETE', '/sessions/x'],
  ] as const) {
    const answer = await admin.inject({ method, url, headers: { authorization: 'Bearer ' } })
    t.equal(answer.statusCode, 403, url)
    t.match(answer.json(), { code: 'ERR_ADMIN_TOKEN_MISSING', detail: /admin\.tokenFile/ })
  }
  t.equal((await admin.inject('/healthz')).statusCode, 200)
})

t.test('only the token opens the list', async (t) => {
  const { admin, ask, signIn, list } = start(t)
  const { key } = await signIn('alice')
  const none = await admin.inject('/sessions')
  t.equal(none.statusCode, 401)
  t.equal(none.headers['www-authenticate'], 'Bearer realm="valetkey admin"')
  t.equal(none.headers['x-valetkey-answer'], 'ERR_ADMIN_TOKEN')
  t.match(none.headers['content-type'], /^application\/problem\+json/)
  t.match(none.json(), { title: 'Unauthorized', status: 401, code: 'ERR_ADMIN_TOKEN' })
  for (const [method, url] of [
    ['GET', '/sessions'],
    ['DELETE', '/sessions?sub=alice'],
    ['DELETE', `/sessions/${key}`],
  ] as const) {
    const wrong = await ask(method, url, 'Bearer operator-token-of-the-test')
    t.equal(wrong.statusCode, 401, url)
    t.match(wrong.headers['www-authenticate'], 'error="invalid_token"')
  }
  t.equal((await list()).sessions.length, 1)
})

t.test('lists who is signed in, without token and ticket', async (t) => {
  const { ask, list, signIn } = start(t)
  const { key, live, tokens, cookieValue } = await signIn('alice')
  await signIn('bob')
  const text = (await ask('GET', '/sessions?sub=alice')).body
  const { accessToken, refreshToken = '', idToken } = tokens
  const { id, secret } = live.ticket
  for (const each of [accessToken, refreshToken, idToken, id, secret, cookieValue, '@example']) {
    t.notOk(text.includes(each))
  }
  const { sessions } = await list('?sub=alice')
  t.strictSame(sessions, [
    {
      id: key,
      sub: 'alice',
      issuer: identity.issuer,
      provider: 'corp',
      created: new Date(live.session.createdAt).toISOString(),
      lastActive: new Date(live.lastActiveAt).toISOString(),
      clientAddress: '192.0.2.1',
      userAgent: 'Browser/1',
    },
  ])
  t.equal((await list()).sessions.length, 2)
})

t.test('a cursor leads through all pages, and over the issuers of a subject', async (t) => {
  const { ask, list, signIn } = start(t)
  const keys = new Set<string>()
  for (let each = 0; each < 250; each++) keys.add((await signIn('alice')).key)
  keys.add((await signIn('alice', otherIssuer)).key)
  for (const base of ['?sub=alice', '']) {
    const seen = new Set<string>()
    let cursor: string | undefined
    let pages = 0
    do {
      const next = cursor === undefined ? base : `${base === '' ? '?' : `${base}&`}cursor=${cursor}`
      const page = await list(next)
      for (const { id } of page.sessions) seen.add(id)
      cursor = page.cursor
      pages++
    } while (cursor !== undefined)
    t.same(seen, keys)
    t.ok(pages > 1)
  }
  t.same(
    (await list(`?sub=alice&issuer=${otherIssuer}`)).sessions.map(({ issuer }) => issuer),
    [otherIssuer],
  )
  t.equal((await ask('GET', '/sessions?sub=alice&cursor=7')).statusCode, 400)
  t.equal((await ask('GET', '/sessions?sub=alice&cursor=-1')).statusCode, 400)
})

t.test('ends one session by its id', async (t) => {
  const { ask, list, signIn, sessions, revoked } = start(t)
  const { key, cookieValue } = await signIn('alice')
  const { cookieValue: other } = await signIn('alice')
  t.equal((await ask('DELETE', `/sessions/${key}`)).statusCode, 204)
  t.equal(await sessions.load(cookieValue, Date.now(), { extend: false }), undefined)
  t.ok(await sessions.load(other, Date.now(), { extend: false }))
  t.equal((await list()).sessions.length, 1)
  t.same(revoked, [[1, { session: key }]])
  for (const unknown of [key, 'x', '%2F', 'A'.repeat(43)]) {
    const answer = await ask('DELETE', `/sessions/${unknown}`)
    t.equal(answer.statusCode, 404, unknown)
    t.match(answer.json(), { code: 'ERR_SESSION_UNKNOWN' })
  }
})

t.test('ends all sessions of a person, at every issuer or at one', async (t) => {
  const { ask, list, signIn, revoked } = start(t)
  for (const issuer of [identity.issuer, otherIssuer]) {
    for (let each = 0; each < 3; each++) await signIn('alice', issuer)
  }
  await signIn('bob')
  const one = await ask('DELETE', `/sessions?sub=alice&issuer=${otherIssuer}`)
  t.same(one.json(), { ended: 3 })
  t.equal((await list()).sessions.length, 4)
  t.same((await ask('DELETE', '/sessions?sub=alice')).json(), { ended: 3 })
  t.same(
    (await list()).sessions.map(({ sub }) => sub),
    ['bob'],
  )
  t.same((await ask('DELETE', '/sessions?sub=alice')).json(), { ended: 0 })
  t.same(revoked[0], [3, { sub: 'alice', issuers: [otherIssuer] }])
})

t.test('what might mean something else ends nothing', async (t) => {
  const { ask, list, signIn } = start(t)
  const { key } = await signIn('alice')
  for (const url of [
    '/sessions',
    '/sessions?',
    '/sessions?sub=',
    '/sessions?sub=alice&sub=bob',
    '/sessions?sub=alice&isuer=x',
    '/sessions?issuer=https://idp.example.com',
    '/sessions?sub=alice&cursor=0',
    `/sessions/${key}?sub=alice`,
  ]) {
    const answer = await ask('DELETE', url)
    t.equal(answer.statusCode, 400, url)
    t.match(answer.json(), { code: 'ERR_REQUEST' })
  }
  t.equal((await list()).sessions.length, 1)
})

t.test('a store that cannot be reached is no empty list', async (t) => {
  const faulty = createFaultyStore(createMemoryStore(), Date.now)
  const { ask, signIn, revoked } = start(t, { store: faulty.store })
  const { key } = await signIn('alice')
  faulty.goDown()
  for (const [method, url] of [
    ['GET', '/sessions'],
    ['GET', '/sessions?sub=alice'],
    ['DELETE', '/sessions?sub=alice'],
    ['DELETE', `/sessions/${key}`],
  ] as const) {
    const answer = await ask(method, url)
    t.equal(answer.statusCode, 503, `${method} ${url}`)
    t.ok(answer.headers['retry-after'])
    t.match(answer.json(), { code: 'ERR_STORE_UNAVAILABLE' })
  }
  t.same(revoked, [])
})
