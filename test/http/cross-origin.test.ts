import type { IncomingHttpHeaders } from 'node:http'
import t from 'tap'
import type { Arrival } from '../../src/http/arrival.js'
import {
  findForeignInitiator,
  isPreflightForUpstream,
  sharingHeaders,
} from '../../src/http/cross-origin.js'

const publicUrl = new URL('https://app.example.com')
const spa = 'https://spa.example.net'
const evil = 'https://evil.example'

function arrivalOf(method: string, client: Partial<Arrival['client']> = {}): Arrival {
  return {
    facts: { method, target: '/', host: 'app.example.com', clientAddress: '192.0.2.1' },
    client: { clientAddress: '192.0.2.1', forwardedFor: '192.0.2.1', trusted: false, ...client },
    originForm: '/',
    path: '/',
    location: { kind: 'none' },
    isSubrequest: false,
  }
}

const initiator = (
  method: string,
  headers: IncomingHttpHeaders,
  origins: string[] = [],
  client: Partial<Arrival['client']> = {},
) =>
  findForeignInitiator(
    arrivalOf(method, client),
    { host: 'app.example.com', ...headers },
    publicUrl,
    { origins, preflight: 'refuse' },
  )

t.test('FM-3 BFF-3 an unsafe method of another origin does not act with the session', async (t) => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'CONNECT']) {
    t.equal(initiator(method, { 'sec-fetch-site': 'cross-site' }), 'cross-site', method)
    t.equal(initiator(method, { 'sec-fetch-site': 'same-site' }), 'same-site', method)
    t.equal(initiator(method, { 'sec-fetch-site': 'anything else' }), 'cross-site', method)
    t.equal(initiator(method, { 'sec-fetch-site': 'same-origin' }), undefined, method)
    t.equal(initiator(method, { 'sec-fetch-site': 'none' }), undefined, method)
  }
  for (const method of ['GET', 'HEAD', 'OPTIONS']) {
    t.equal(initiator(method, { 'sec-fetch-site': 'cross-site', origin: evil }), undefined, method)
  }
})

t.test('FM-3 without Fetch Metadata the Origin tells, and null is foreign', async (t) => {
  t.equal(initiator('POST', { origin: evil }), 'cross-site')
  t.equal(initiator('POST', { origin: 'null' }), 'cross-site')
  t.equal(initiator('POST', { origin: 'http://app.example.com' }), 'cross-site')
  t.equal(initiator('POST', { origin: 'https://app.example.com.evil.example' }), 'cross-site')
  t.equal(initiator('POST', { origin: 'https://app.example.com:8443' }), 'cross-site')
  t.equal(initiator('POST', { origin: 'https://app.example.com' }), undefined)
  t.equal(initiator('POST', {}), undefined, 'no browser')
  const host = 'other.example.com:8443'
  t.equal(initiator('POST', { host, origin: `https://${host}` }), undefined, 'by its Host')
  const behindProxy = { host, scheme: 'https', trusted: true } as const
  t.equal(
    initiator('POST', { host: 'inner:80', origin: `https://${host}` }, [], behindProxy),
    undefined,
    'by what a trusted proxy says',
  )
})

const crossSite = (origin: string) => ({ 'sec-fetch-site': 'cross-site', origin })
const sibling = (origin: string) => ({ 'sec-fetch-site': 'same-site', origin })

t.test('FM-3 a route may list origins, whole domains, or everybody', async (t) => {
  t.equal(initiator('POST', crossSite(spa), [spa]), undefined)
  t.equal(initiator('POST', { origin: spa }, [spa]), undefined)
  t.equal(initiator('POST', crossSite(evil), [spa]), 'cross-site')
  t.equal(initiator('POST', { 'sec-fetch-site': 'cross-site' }, [spa]), 'cross-site')
  const domain = ['https://*.example.com']
  t.equal(initiator('POST', sibling('https://a.example.com'), domain), undefined)
  t.equal(initiator('POST', sibling('https://a.b.example.com'), domain), undefined)
  for (const origin of [
    'https://example.com',
    'http://a.example.com',
    'https://a.example.com:8443',
    'https://evil.example/.example.com',
    'null',
  ]) {
    t.equal(initiator('POST', sibling(origin), domain), 'same-site', origin)
  }
  t.equal(initiator('POST', crossSite('null'), ['*']), undefined)
  t.equal(initiator('POST', { 'sec-fetch-site': 'cross-site' }, ['*']), undefined)
})

t.test('FM-3 a WebSocket is refused to other origins, though its method is GET', async (t) => {
  const upgrade = { upgrade: 'WebSocket' }
  t.equal(initiator('GET', { ...upgrade, origin: evil }), 'cross-site')
  t.equal(initiator('GET', { ...upgrade, origin: 'null' }), 'cross-site')
  t.equal(initiator('GET', { ...upgrade, origin: 'https://app.example.com' }), undefined)
  t.equal(initiator('GET', { ...upgrade, origin: spa }, [spa]), undefined)
  t.equal(initiator('GET', upgrade), undefined, 'no browser')
  // Ingresses that ask leave Upgrade out, which is about their own connection.
  const handshake = { 'sec-websocket-version': '13' }
  t.equal(initiator('GET', { ...handshake, origin: evil }), 'cross-site')
  t.equal(initiator('GET', { ...handshake, origin: 'https://app.example.com' }), undefined)
  const fetched = { 'sec-fetch-mode': 'websocket', 'sec-fetch-site': 'same-site' }
  t.equal(initiator('GET', fetched), 'same-site')
})

t.test('FM-5 only a preflight of a listed origin goes to the upstream', async (t) => {
  const preflight = { origin: spa, 'access-control-request-method': 'PUT' }
  const pass = { origins: [spa], preflight: 'pass' } as const
  t.ok(isPreflightForUpstream('OPTIONS', preflight, pass))
  t.notOk(isPreflightForUpstream('OPTIONS', preflight, { ...pass, preflight: 'refuse' }))
  t.notOk(isPreflightForUpstream('OPTIONS', { ...preflight, origin: evil }, pass))
  t.notOk(isPreflightForUpstream('POST', preflight, pass))
  t.notOk(isPreflightForUpstream('OPTIONS', { origin: spa }, pass))
  t.notOk(isPreflightForUpstream('OPTIONS', { 'access-control-request-method': 'PUT' }, pass))
})

t.test('problems are shared with listed origins, with everybody only what is public', async (t) => {
  const listed = { origins: [spa], preflight: 'refuse' } as const
  t.match(sharingHeaders({ origin: spa }, listed), {
    'access-control-allow-origin': spa,
    'access-control-allow-credentials': 'true',
    vary: 'Origin',
  })
  t.same(sharingHeaders({ origin: evil }, listed), {})
  t.same(sharingHeaders({}, listed), {})
  const everybody = sharingHeaders({ origin: evil }, { ...listed, origins: ['*'] })
  t.equal(everybody['access-control-allow-origin'], '*')
  t.notOk('access-control-allow-credentials' in everybody)
})
