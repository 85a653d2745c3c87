import fastify from 'fastify'
import t from 'tap'
import { createForwardPlans } from '../../src/app/forward-plans.js'
import { headersOf } from '../../src/raw-headers.js'
import { compileRoutes } from '../../src/access/route-table.js'
import type { Admission } from '../../src/http/verdict.js'
import type { SentToken } from '../../src/session/session.js'
import { createLiveSession } from '../../src/session/live-session.js'
import { createTicket } from '../../src/session/ticket.js'
import { createSession } from '../session/fixtures.js'
import { loadText } from '../helpers/config-fixtures.js'

/** What is planned for a request to `/app/x?y` on a route with these settings. */
async function planFor(settings: string, caller: Partial<Admission> = {}) {
  const { routes } = loadText(`
publicUrl: https://app.example.com
providers: [{ issuer: https://idp.example.com, clientId: app, clientSecret: s3cret-s3cret-s3cret }]
routes: [{ match: { path: /app/ }, ${settings} }]
`)
  const proven: SentToken[] = []
  const table = compileRoutes(routes, { basePath: '/oauth2' })
  const planForward = createForwardPlans({
    routes: table.routes,
    scheme: 'https',
    callerHeaders: () => [],
    proveToUpstream: (token) => {
      proven.push(token)
      return undefined
    },
    closeWithSession: () => undefined,
    closeAtExpiry: () => undefined,
    findChallengeAnswer: () => undefined,
    answerWith: () => undefined,
  })
  const [route] = table.routes
  if (route === undefined) throw new Error('no route')
  const client = { clientAddress: '10.0.0.1', forwardedFor: '10.0.0.1', trusted: false }
  const facts = { method: 'GET', host: 'app.example.com', target: '/app/x?y', ...client }
  const location = { kind: 'route', route, index: 0 } as const
  const asked = { facts, client, originForm: '/app/x?y', path: '/app/x' }
  const arrival = { ...asked, location, isSubrequest: false }

  const server = fastify()
  server.get('/', (request, reply) => {
    const plan = planForward(request.raw, reply.raw, {
      arrival,
      route,
      live: undefined,
      bearer: undefined,
      now: 0,
      ...caller,
    })
    return { ...plan, addHeaders: Object.fromEntries(headersOf(plan.addHeaders)) }
  })
  const answer = await server.inject({ url: '/', headers: { host: 'app.example.com:444' } })
  await server.close()
  const plan = answer.json<{
    target: string
    upstream: object
    addHeaders: Record<string, string>
  }>()
  return { ...plan, proven }
}

t.test('B.2-9 keeps the path and the host of the client', async (t) => {
  const plan = await planFor('upstream: "http://10.1.2.3:3000/base/"')
  t.match(plan, {
    target: '/app/x?y',
    upstream: { origin: 'http://10.1.2.3:3000', basePath: '/base' },
  })
  t.same(plan.addHeaders, {
    'X-Forwarded-For': '10.0.0.1',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Host': 'app.example.com:444',
    'X-Forwarded-Port': '444',
    'X-Real-IP': '10.0.0.1',
  })
})

t.test('sets the host, and tells the one that was asked for', async (t) => {
  const hosts = { upstream: 'legacy.example:3000', 'other.example': 'other.example' }
  for (const [setting, host] of Object.entries(hosts)) {
    const plan = await planFor(
      `upstream: "http://legacy.example:3000", forward: { host: ${setting} }`,
    )
    t.match(plan.addHeaders, { Host: host, 'X-Forwarded-Host': 'app.example.com:444' })
  }
})

t.test('strips the prefix, and tells it', async (t) => {
  const plan = await planFor('upstream: "unix:/run/app.sock", forward: { stripPrefix: /app }')
  t.match(plan, {
    target: '/x?y',
    upstream: { socketPath: '/run/app.sock' },
    addHeaders: { 'X-Forwarded-Prefix': '/app' },
  })
})

t.test('TX-1 DPOP-1 what is proven to the upstream is the token that it gets', async (t) => {
  const session = createSession()
  const times = { inactivityTimeoutMs: 1000, refreshAheadMs: 0 }
  const live = createLiveSession(times, createTicket(), session, { version: 1, lastActiveAt: 0 })
  const upstream = 'upstream: "http://10.1.2.3:3000"'
  const exchanging = `${upstream}, forward: { tokenExchange: { audiences: [a] } }`
  const upstreamToken = { accessToken: 'theirs' }
  t.same((await planFor(upstream, { live })).proven, [live.session.tokens])
  t.same((await planFor(exchanging, { live, upstreamToken })).proven, [upstreamToken])
  t.same((await planFor(exchanging, { live })).proven, [])
})
