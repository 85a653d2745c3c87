import { generateKeyPairSync } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import t from 'tap'
import { createUpstreamProofs } from '../../src/app/upstream-proofs.js'
import { headersOf } from '../../src/raw-headers.js'
import { createUpstream } from '../../src/proxy/upstream.js'
import type { DpopKey } from '../../src/session/dpop-key.js'
import type { Tokens } from '../../src/session/session.js'
import { createDpopVerifier } from '../helpers/dpop-verifier.js'
import { createTokens } from '../session/fixtures.js'

const {
  x = '',
  y = '',
  d = '',
} = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
}).privateKey.export({ format: 'jwk' })
const ecKey: DpopKey = { kty: 'EC', crv: 'P-256', alg: 'ES256', x, y, d }
const edwards = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
const edKey: DpopKey = {
  kty: 'OKP',
  crv: 'Ed25519',
  alg: 'EdDSA',
  x: edwards.x ?? '',
  d: edwards.d ?? '',
}

const boundTo = (dpopKey: DpopKey): Tokens => ({ ...createTokens(Date.now(), 60_000), dpopKey })
const timeouts = { connectMs: 1000, responseMs: 1000, idleMs: 1000 }
const app = createUpstream('https://app.internal:8443/base/', timeouts)
const nonceWith = (statusCode: number, nonce: string, challenge: string) => ({
  statusCode,
  rawHeaders: ['dpop-nonce', nonce, 'WWW-Authenticate', challenge],
})

/** What the next attempt of a request would have. */
function attempt(credentials: ReturnType<ReturnType<typeof createUpstreamProofs>>) {
  const headers = new Map(headersOf(credentials?.headers() ?? []))
  return { authorization: headers.get('Authorization'), proof: headers.get('DPoP') }
}

t.test(
  'DPOP-5 each attempt has the token and a proof for it, this method and this URI',
  async (t) => {
    for (const key of [ecKey, edKey]) {
      const proveToUpstream = createUpstreamProofs(Date.now)
      const verifier = createDpopVerifier()
      const tokens = boundTo(key)
      const { accessToken } = tokens
      const sent = { method: 'PATCH', target: '/a//b%2fc?query=1' }
      const credentials = proveToUpstream(tokens, app, sent)
      for (let count = 0; count < 2; count++) {
        const { authorization, proof } = attempt(credentials)
        t.equal(authorization, `DPoP ${accessToken}`)
        const uri = 'https://app.internal:8443/base/a//b%2fc'
        const thumbprint = await verifier.verify(proof, { method: 'PATCH', uri, accessToken })
        t.equal(
          thumbprint,
          await calculateJwkThumbprint({
            kty: key.kty,
            crv: key.crv,
            x: key.x,
            ...(key.y && { y: key.y }),
          }),
        )
      }
    }
  },
)

t.test('DPOP-5 a bearer token has none', async (t) => {
  const proveToUpstream = createUpstreamProofs(Date.now)
  const tokens = createTokens(Date.now(), 60_000)
  t.equal(proveToUpstream(tokens, app, { method: 'GET', target: '/' }), undefined)
})

t.test('DPOP-4 a nonce is remembered for its upstream, whoever learns it', async (t) => {
  const proveToUpstream = createUpstreamProofs(Date.now)
  const verifier = createDpopVerifier()
  const asked = { method: 'GET', target: '/' }
  const [alice, bob] = [boundTo(ecKey), boundTo(edKey)]
  const other = createUpstream('https://other.internal', timeouts)
  const learn = (response: ReturnType<typeof nonceWith>) =>
    proveToUpstream(alice, app, asked)?.learn(response)
  const nonceAt = async (upstream: typeof app, nonce: string | undefined) => {
    const { proof } = attempt(proveToUpstream(bob, upstream, asked))
    const uri = upstream === app ? 'https://app.internal:8443/base/' : 'https://other.internal/'
    await verifier.verify(proof, { method: 'GET', uri, nonce, accessToken: bob.accessToken })
  }

  await nonceAt(app, undefined)
  t.equal(learn(nonceWith(401, 'first', 'DPoP error="use_dpop_nonce"')), true)
  await nonceAt(app, 'first')
  t.equal(learn(nonceWith(200, 'second', 'Basic')), false, 'with a success, too')
  await nonceAt(app, 'second')
  t.equal(learn(nonceWith(200, '', 'Basic')), false)
  await nonceAt(app, 'second')
  await nonceAt(other, undefined)
})

t.test('DPOP-4 only a challenge for a nonce is worth another attempt', async (t) => {
  const proveToUpstream = createUpstreamProofs(Date.now)
  const credentials = proveToUpstream(boundTo(ecKey), app, { method: 'GET', target: '/' })
  for (const [response, expected] of [
    [nonceWith(401, 'n', 'dpop algs="ES256", ERROR=use_dpop_nonce'), true],
    [nonceWith(401, 'n', 'Basic realm="x", DPoP error="use_dpop_nonce"'), true],
    [nonceWith(401, 'n', 'DPoP error="invalid_token"'), false],
    [nonceWith(401, 'n', 'Bearer error="use_dpop_nonce"'), false],
    [nonceWith(400, 'n', 'DPoP error="use_dpop_nonce"'), false],
    [{ statusCode: 401, rawHeaders: ['WWW-Authenticate', 'DPoP error="use_dpop_nonce"'] }, false],
  ] as const) {
    t.equal(credentials?.learn(response), expected, JSON.stringify(response))
  }
})
