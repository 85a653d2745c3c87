import Fastify from 'fastify'
import fastifyCookie from '@fastify/cookie'
import t, { type Test } from 'tap'
import { createCookieNames } from '../../src/http/cookies.js'
import { createCookieWriter } from '../../src/http/cookie-writer.js'
import { createPendingLogins, type PendingLogin } from '../../src/http/pending-logins.js'
import { createReturnState } from '../../src/http/return-state.js'
import { createTicket, formatTicket } from '../../src/session/ticket.js'
import { keyRing } from '../session/fixtures.js'

const names = createCookieNames({ publicUrl: 'https://app.example.com', domain: null })
const returnState = createReturnState(keyRing)
const now = Date.now()
const random = 'r'.repeat(43)
const beginning = { at: now, host: 'app.example.com', scheme: 'https' } as const

/** What a browser that began a login has of it when it comes back, and what the log says of that. */
async function comeBack(t: Test, login: Partial<PendingLogin> & { readonly returnTo: string }) {
  const state = random + returnState.suffix(login.returnTo, beginning)
  const lines: object[] = []
  const writer = createCookieWriter({
    names,
    domain: null,
    sameSite: 'lax',
    lifetimeMs: 1000,
    formPost: false,
    onOversized: (name, octets) => t.fail(`${name} has ${octets} octets`),
  })
  const pendingLogins = createPendingLogins({ keyRing, names, writer, returnState })
  const log = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const server = Fastify({ logger: { level: 'info', stream: log }, disableRequestLogging: true })
  await server.register(fastifyCookie)
  const transaction = {
    providerId: 'corp',
    issuer: 'https://idp.example.com/realms/main',
    state,
    nonce: random,
    codeVerifier: random,
    createdAt: now,
  }
  server.get('/start', (request, reply) => {
    pendingLogins.save(request, reply, { transaction, ...login })
    return reply.send('started')
  })
  let found: PendingLogin | undefined
  server.get('/callback', (request, reply) => {
    found = pendingLogins.find(request, state, now)
    return reply.send('back')
  })
  const headers = { cookie: `${names.ticket}=${formatTicket(createTicket())}` }
  const { cookies } = await server.inject({ url: '/start', headers })
  const pairs = cookies.map(({ name, value }) => `${name}=${value}`)
  t.equal(pairs.length, 1)
  await server.inject({ url: '/callback', headers: { cookie: pairs.join('; ') } })
  return { found, lines }
}

t.test('a return-to of whatever length that is accepted survives an ordinary login', async (t) => {
  for (let length = 1; length <= 2048; length += length < 1000 || length > 1300 ? 89 : 7) {
    const returnTo = `/?${'q'.repeat(2046)}`.slice(0, length)
    const { found, lines } = await comeBack(t, { returnTo })
    t.equal(found?.returnTo, returnTo, `${length} characters`)
    t.strictSame(lines, [])
  }
})

const large = { acrValues: ['a'.repeat(1000)], attempt: 1 }

t.test('beside much else, its path survives, and the log says so', async (t) => {
  const returnTo = `/reports/2026?${'q'.repeat(2000)}`
  const { found, lines } = await comeBack(t, { returnTo, stepUp: large })
  t.equal(found?.returnTo, '/reports/2026')
  t.match(found, { stepUp: large })
  t.match(lines, [{ level: 30, reason: 'return_to_too_long', length: 2014, kept: 13 }])
})

t.test('where not even that has room, the login still works', async (t) => {
  const { found, lines } = await comeBack(t, { returnTo: `/${'p'.repeat(2047)}`, stepUp: large })
  t.equal(found?.returnTo, '/')
  t.match(lines, [{ level: 30, reason: 'return_to_too_long', length: 2048, kept: 0 }])
})
