import t from 'tap'
import { createSessionHeaders } from '../../src/identity/session-headers.js'
import { headersOf, type RawHeaders } from '../../src/raw-headers.js'
import type { SentToken } from '../../src/session/session.js'
import { loadText } from '../helpers/config-fixtures.js'

const identity = { providerId: 'corp', issuer: 'https://idp.example.com', sub: 'alice', claims: {} }
const dpopKey = { kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', x: 'x', d: 'd' } as const

function forwardOf(settings: string) {
  const { routes } = loadText(`
publicUrl: https://app.example.com
providers: [{ issuer: https://idp.example.com, clientId: app, clientSecret: s3cret-s3cret-s3cret }]
routes: [{ upstream: 'http://127.0.0.1:3000', forward: ${settings} }]
`)
  const forward = routes[0]?.forward
  if (forward === undefined) throw new Error('no route')
  return forward
}

const exchanging = 'tokenExchange: { audiences: [a] }'

/** The headers of a session, whose own token is `own`. */
function setUp(settings: string, tokens: object = {}) {
  const forward = forwardOf(settings)
  const sessionHeaders = createSessionHeaders({
    groupsClaimOf: () => 'groups',
    assertions: { assertionFor: () => 'assertion' },
  })
  const session = { identity, tokens: { accessToken: 'own', ...tokens }, endsAt: 1000 }
  return (upstreamToken?: SentToken) =>
    sessionHeaders(session, 'key', { forward, upstreamToken, now: 0 })
}

const tokenIn = (headers: RawHeaders) =>
  headersOf(headers).filter(
    ([name]) => name === 'Authorization' || name === 'X-Forwarded-Access-Token',
  )

t.test('TX-1 where the token is exchanged, the own one is never sent', async (t) => {
  for (const tokens of [{}, { dpopKey }]) {
    const headers = setUp(`{ ${exchanging} }`, tokens)
    t.same(tokenIn(headers({ accessToken: 'theirs' })), [['Authorization', 'Bearer theirs']])
    t.same(tokenIn(headers()), [])
    const inHeader = setUp(`{ accessToken: header, ${exchanging} }`, tokens)
    t.same(tokenIn(inHeader({ accessToken: 'theirs' })), [['X-Forwarded-Access-Token', 'theirs']])
    t.same(tokenIn(inHeader()), [])
  }
})

t.test('TX-1 DPOP-1 a bound one goes with a proof for the very request alone', async (t) => {
  t.same(tokenIn(setUp(`{ ${exchanging} }`)({ accessToken: 'theirs', dpopKey })), [])
})

t.test('TX-1 headers are made anew with another token, and with no other cause', async (t) => {
  const headers = setUp(`{ ${exchanging} }`)
  const one = { accessToken: 'one' }
  const first = headers(one)
  t.equal(headers(one), first)
  t.same(tokenIn(headers({ accessToken: 'two' })), [['Authorization', 'Bearer two']])
  const own = setUp('{}')
  t.same(tokenIn(own()), [['Authorization', 'Bearer own']])
  t.equal(own(), own())
})
