import { generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import t, { type Test } from 'tap'
import {
  createTestKey,
  publicJwk,
  signingKey,
  type HostileProvider,
} from '../helpers/hostile-provider.js'
import { listenOnLoopback } from '../helpers/listen.js'
import { runPlan, type Module, type Run } from './plan.js'

t.setTimeout(120_000)

const bankKey = createTestKey('bank', 'ES256')
const minute = 60_000
let aheadMs = 0

const tokenCalls = (provider: HostileProvider) =>
  provider.calls.filter(({ path }) => path === '/token')

const claimOf = (proof: unknown, name: string) => decodeJwt(String(proof))[name]

/** The last request that reached the application has the access token and a proof of its own for it. */
async function isServedWithProof(t: Test, { product, client }: Run): Promise<void> {
  t.equal((await product.visit(client, '/')).status, 200)
  const { headers = {} } = product.upstream.requests.at(-1) ?? {}
  t.match(headers.authorization, /^DPoP access-/)
  t.equal(claimOf(headers['dpop'], 'htm'), 'GET')
  t.match(claimOf(headers['dpop'], 'ath'), /^[\w-]{43}$/)
}

const claims = (name: string, code: string, bent: Record<string, unknown>): Module => ({
  name,
  code,
  bend(provider) {
    provider.claims = bent
  },
})

const accepted = (name: string, bend: NonNullable<Module['bend']>): Module => ({
  name,
  bend,
  check: isServedWithProof,
})

const response = (name: string, code: string, answer: NonNullable<Module['answer']>): Module => ({
  name,
  code,
  answer,
})

const modules: readonly Module[] = [
  {
    name: 'fapi2-security-profile-final-client-test-happy-path',
    bend(provider) {
      provider.answers.set('/token', {
        status: 400,
        headers: { 'dpop-nonce': 'a-nonce' },
        body: '{"error":"use_dpop_nonce"}',
      })
      void provider.nextCall('/token').then(() => provider.answers.delete('/token'))
    },
    async check(t, run) {
      const { begun, provider } = run
      const front = [...new URL(begun.authorization ?? '').searchParams.keys()]
      t.same(front.toSorted(), ['client_id', 'request_uri'])
      const [first, second] = tokenCalls(provider)
      t.equal(claimOf(second?.headers['dpop'], 'nonce'), 'a-nonce')
      const assertions = [first, second].map((call) => call?.form.get('client_assertion'))
      t.not(claimOf(assertions[0], 'jti'), claimOf(assertions[1], 'jti'), 'with another assertion')
      t.equal(claimOf(assertions[1], 'aud'), provider.issuer)
      await isServedWithProof(t, run)
    },
  },
  accepted('fapi2-security-profile-final-client-test-happy-path-no-dpop-nonce', () => {}),
  {
    name: 'fapi2-security-profile-final-client-refresh-token-test',
    async check(t, run) {
      for (let refreshes = 1; refreshes <= 2; refreshes++) {
        aheadMs += 1.5 * minute
        await isServedWithProof(t, run)
        t.equal(tokenCalls(run.provider).length, 1 + refreshes)
      }
      const used = tokenCalls(run.provider).map(({ form }) => form.get('refresh_token'))
      t.not(used[1], used[2], 'a rotated refresh token takes the place of the one before')
    },
  },
  {
    name: 'fapi2-security-profile-final-client-test-discovery-issuer-mismatch',
    bend(provider) {
      provider.metadata['issuer'] = 'https://other.example.com'
    },
    code: 'ERR_PROVIDER_ISSUER',
    check: (t, { provider }) => void t.equal(provider.callsTo('/par'), 0),
  },
  response(
    'fapi2-security-profile-final-client-test-invalid-authorization-response-iss',
    'ERR_CALLBACK_ISSUER_MISMATCH',
    (each) => each.set('iss', 'https://other.example.com'),
  ),
  response(
    'fapi2-security-profile-final-client-test-remove-authorization-response-iss',
    'ERR_CALLBACK_ISSUER_MISMATCH',
    (each) => each.delete('iss'),
  ),
  response(
    'fapi2-security-profile-final-client-test-ensure-authorization-response-with-invalid-state-fails',
    'ERR_CALLBACK_STATE',
    (each) => each.set('state', 'random'),
  ),
  response(
    'fapi2-security-profile-final-client-test-ensure-authorization-response-with-invalid-missing-state-fails',
    'ERR_CALLBACK_STATE',
    (each) => each.delete('state'),
  ),
  {
    name: 'fapi2-security-profile-final-client-test-invalid-alternate-alg',
    code: 'ERR_ID_TOKEN_ALGORITHM',
    bend(provider) {
      provider.jwks = { keys: [publicJwk(bankKey), publicJwk(signingKey)] }
      provider.header = { alg: 'RS256', kid: signingKey.kid }
      provider.signWith = signingKey.privateKey
    },
  },
  {
    name: 'fapi2-security-profile-final-client-test-invalid-null-alg',
    code: 'ERR_ID_TOKEN_ALGORITHM',
    bend(provider) {
      provider.header = { alg: 'none' }
    },
  },
  claims('fapi2-security-profile-final-client-test-invalid-aud', 'ERR_ID_TOKEN_AUDIENCE', {
    aud: 'other',
  }),
  claims(
    'fapi2-security-profile-final-client-test-invalid-secondary-aud',
    'ERR_ID_TOKEN_AUDIENCE',
    { aud: ['app', 'unknown'] },
  ),
  claims('fapi2-security-profile-final-client-test-invalid-missing-aud', 'ERR_ID_TOKEN_AUDIENCE', {
    aud: undefined,
  }),
  claims('fapi2-security-profile-final-client-test-invalid-expired-exp', 'ERR_ID_TOKEN_EXPIRED', {
    exp: Math.floor(Date.now() / 1000) - 360,
  }),
  claims('fapi2-security-profile-final-client-test-invalid-missing-exp', 'ERR_ID_TOKEN_EXPIRED', {
    exp: undefined,
  }),
  claims('fapi2-security-profile-final-client-test-invalid-iss', 'ERR_ID_TOKEN_ISSUER', {
    iss: 'https://other.example.com',
  }),
  claims('fapi2-security-profile-final-client-test-invalid-missing-iss', 'ERR_ID_TOKEN_ISSUER', {
    iss: undefined,
  }),
  claims('fapi2-security-profile-final-client-test-invalid-nonce', 'ERR_ID_TOKEN_NONCE', {
    nonce: 'of another login',
  }),
  claims('fapi2-security-profile-final-client-test-invalid-missing-nonce', 'ERR_ID_TOKEN_NONCE', {
    nonce: undefined,
  }),
  accepted('fapi2-security-profile-final-client-test-valid-aud-as-array', (provider) => {
    provider.claims = { aud: ['app'] }
  }),
  accepted('fapi2-security-profile-final-client-test-token-type-case-insensitivity', (provider) => {
    provider.tokens = { token_type: 'dPOp' }
  }),
  accepted(
    'fapi2-security-profile-final-client-test-token-endpoint-response-without-expires_in',
    (provider) => {
      provider.tokens = { token_type: 'DPoP', expires_in: undefined }
    },
  ),
  {
    name: 'fapi2-security-profile-final-client-test-rs-dpop-auth-scheme-case-insensitivity',
    async check(t, { product, client }) {
      const seen = await product.visit(client, '/nonce')
      t.match(seen, { status: 200, page: 'served' })
      t.same(nonces, [undefined, 'of-the-api'])
    },
  },
]

/** An API that wants a nonce in each proof, and says so with a scheme in other letters. */
const nonces: unknown[] = []
const api = createServer(({ headers }: { headers: IncomingHttpHeaders }, reply) => {
  const nonce = claimOf(headers['dpop'], 'nonce')
  nonces.push(nonce)
  if (nonce !== undefined) return reply.end('served')
  const challenge = {
    'www-authenticate': 'dpOP error="use_dpop_nonce"',
    'dpop-nonce': 'of-the-api',
  }
  return reply.writeHead(401, challenge).end()
})

/** Makes it a provider by the book, which a module then bends. */
function keepToTheBook(provider: HostileProvider): void {
  Object.assign(provider.metadata, {
    pushed_authorization_request_endpoint: `${provider.issuer}/par`,
    require_pushed_authorization_requests: true,
    authorization_response_iss_parameter_supported: true,
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    dpop_signing_alg_values_supported: ['ES256'],
  })
  provider.jwks = { keys: [publicJwk(bankKey)] }
  provider.signWith = bankKey.privateKey
  provider.header = { alg: 'ES256', kid: 'bank' }
  provider.tokens = { token_type: 'DPoP' }
}

t.test('fapi2-security-profile-final-client-test-plan', async (t) => {
  const port = await listenOnLoopback(t, api)
  const clientKeyFile = join(t.testdir(), 'client-key')
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  await writeFile(clientKeyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const settings = {
    profile: 'fapi2',
    clientSecret: undefined,
    clientAuthentication: 'private_key_jwt',
    clientKeyFile,
  }
  await runPlan(t, modules, settings, {
    prepare: keepToTheBook,
    sendsIssuer: true,
    clock: () => Date.now() + aheadMs,
    routes: (upstream) => [
      { match: { path: '/nonce' }, upstream: `http://127.0.0.1:${port}` },
      { match: { path: '/' }, upstream },
    ],
  })
})
