import { decide } from '../../../src/access/decide.js'
import { createRuleOptions } from '../../../src/access/rule-options.js'
import { parseRequestTarget } from '../../../src/access/request-target.js'
import { compileRoutes } from '../../../src/access/route-table.js'
import { createCookieNames } from '../../../src/http/cookies.js'
import { createReservedHeaders } from '../../../src/identity/reserved-headers.js'
import { sentHeaderNames } from '../../../src/identity/sent-headers.js'
import { createSessionHeaders } from '../../../src/identity/session-headers.js'
import { createRequestHeaders } from '../../../src/proxy/request-headers.js'
import { createResponseHeaders } from '../../../src/proxy/response-headers.js'
import { createTicket, formatTicket, readTicket } from '../../../src/session/ticket.js'
import { loadText } from '../../helpers/config-fixtures.js'

/** A pure function of the path of each request, with what it gets of a browser's. */
export interface HotCall {
  readonly name: string
  /** Gives something that depends on all of its work, so that none is optimised away. */
  readonly run: () => unknown
}

const host = 'app.example.com'
const now = Date.UTC(2026, 0, 20)

const config = loadText(`
publicUrl: https://${host}
providers: [{ id: corp, issuer: https://idp.example.com, clientId: app, clientSecret: s3cret-s3cret-s3cret }]
routes:
  - { match: { path: /public/ }, auth: public, upstream: 'http://127.0.0.1:3000' }
  - { match: { path: /health }, auth: public, upstream: 'http://127.0.0.1:3000' }
  - { match: { host: admin.example.com, path: / }, upstream: 'http://127.0.0.1:3001' }
  - { match: { path: '/projects/*/export/**', methods: [GET] }, upstream: 'http://127.0.0.1:3002' }
  - { match: { path: / }, require: { groups: [staff] }, upstream: 'http://127.0.0.1:3000' }
`)

const identity = {
  providerId: 'corp',
  issuer: 'https://idp.example.com',
  sub: '3f1c9a52-alice',
  claims: {
    email: 'alice@example.com',
    email_verified: true,
    preferred_username: 'alice',
    groups: ['everybody', 'staff', 'project-42'],
  },
}
const session = {
  identity,
  tokens: { accessToken: 'eyJhbGciOiJSUzI1NiJ9.'.padEnd(1000, 'x') },
  endsAt: now + 3_600_000,
}

const table = compileRoutes(config.routes, { basePath: config.basePath })
const facts = { method: 'GET', host, clientAddress: '203.0.113.7' }
const readTarget = (target: string) => parseRequestTarget({ method: 'GET', target, host })

const plainTarget = '/projects/42/issues?state=open&page=2'
const target = readTarget(plainTarget)
if (target.kind !== 'target') throw new Error('the target is refused')
const location = table.locate(facts, target)
if (location.kind !== 'route') throw new Error('the target has no route')
const { route } = location

const ticket = formatTicket(createTicket())
const cookieNames = createCookieNames({ publicUrl: config.publicUrl, domain: null })
const cookies = `theme=dark; _ga=GA1.2.1234567890.1700000000; ${cookieNames.ticket}=${ticket}; lang=en`

const ruleOptionsOf = createRuleOptions(config.providers)
const sessionHeaders = createSessionHeaders({
  groupsClaimOf: (of) => ruleOptionsOf(of).groupsClaim,
  assertions: { assertionFor: () => 'none' },
})
const callerHeaders = () =>
  sessionHeaders(session, 'key', { forward: route.config.forward, upstreamToken: undefined, now })

const requestHeaders = Object.entries({
  Host: host,
  Connection: 'keep-alive',
  'sec-ch-ua': '"Chromium";v="148", "Not/A)Brand";v="99"',
  'sec-ch-ua-mobile': '?0',
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/148.0.0.0 Safari/537.36',
  Accept: 'application/json',
  'Sec-Fetch-Site': 'same-origin',
  'Sec-Fetch-Mode': 'cors',
  'Sec-Fetch-Dest': 'empty',
  Referer: `https://${host}/projects/42`,
  'Accept-Encoding': 'gzip, deflate, br, zstd',
  'Accept-Language': 'en-GB,en;q=0.9',
  Cookie: cookies,
}).flat()
const responseHeaders = Object.entries({
  Server: 'nginx',
  Date: 'Tue, 20 Jan 2026 00:00:00 GMT',
  'Content-Type': 'application/json',
  'Content-Length': '65',
  Connection: 'keep-alive',
  'Cache-Control': 'no-store',
  'Set-Cookie': 'preference=compact; Path=/; HttpOnly',
}).flat()

const rules = {
  isReservedHeader: createReservedHeaders(sentHeaderNames(config.routes)),
  isOwnCookie: cookieNames.isOwnCookie,
  isAnswerHeader: (name: string) => name === 'x-valetkey-answer',
}
const changes = {
  addHeaders: ['X-Forwarded-For', '203.0.113.7', ...callerHeaders()],
  passAuthorization: false,
}
const toUpstream = createRequestHeaders(rules)
const toClient = createResponseHeaders(rules)
const hop = { via: '1.1 valetkey-0123456789', trace: [] }

/** Every hot function, in the order of a request. */
export const hotCalls: readonly HotCall[] = [
  { name: 'read a plain request target', run: () => readTarget(plainTarget) },
  { name: '… one with escapes', run: () => readTarget('/files/J%C3%BCrgen%20report.pdf') },
  { name: 'find the route', run: () => table.locate(facts, target) },
  { name: 'find the ticket in the cookies', run: () => cookieNames.readTicketCookie(cookies) },
  { name: 'read the ticket', run: () => readTicket(ticket) },
  {
    name: 'decide by a group',
    run: () => decide(route, identity, facts, now, ruleOptionsOf(identity)),
  },
  { name: 'headers of the session', run: callerHeaders },
  {
    name: 'headers to the upstream',
    run: () => toUpstream(requestHeaders, changes, hop),
  },
  { name: 'headers to the client', run: () => toClient(responseHeaders) },
]
