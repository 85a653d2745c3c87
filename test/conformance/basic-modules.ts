import { createTestKey, publicJwk, signingKey } from '../helpers/hostile-provider.js'
import { clientSecret } from './product.js'
import type { Module } from './plan.js'

const other = createTestKey('key-2')
const claims =
  (bent: Record<string, unknown>): NonNullable<Module['bend']> =>
  (provider) => {
    provider.claims = bent
  }

const parametersOf = (url: string | undefined) => new URL(url ?? '').searchParams

/** The modules of the plan Basic, which are those of the plan Form Post, too. */
export const basicModules: readonly Module[] = [
  {
    name: 'oidcc-client-test',
    async check(t, { product, provider, client, begun }) {
      const asked = parametersOf(begun.authorization)
      t.equal(asked.get('response_type'), 'code')
      t.match(asked.get('scope'), /^openid\b/)
      const bearer = provider.calls.find(({ path }) => path === '/userinfo')
      t.match(bearer, { method: 'GET', authorization: /^Bearer access-/ })
      t.equal((await product.visit(client, '/')).status, 200)
      t.match(product.upstream.requests.at(-1)?.headers, { 'x-forwarded-user': 'alice' })
    },
  },
  {
    name: 'oidcc-client-test-invalid-iss',
    bend: claims({ iss: 'https://other.example.com' }),
    code: 'ERR_ID_TOKEN_ISSUER',
  },
  {
    name: 'oidcc-client-test-missing-sub',
    bend: claims({ sub: undefined }),
    code: 'ERR_ID_TOKEN_SUBJECT',
  },
  {
    name: 'oidcc-client-test-invalid-aud',
    bend: claims({ aud: 'other' }),
    code: 'ERR_ID_TOKEN_AUDIENCE',
  },
  {
    name: 'oidcc-client-test-missing-iat',
    bend: claims({ iat: undefined }),
    code: 'ERR_ID_TOKEN_ISSUED_AT',
  },
  {
    name: 'oidcc-client-test-kid-absent-single-jwks',
    bend(provider) {
      provider.header = { kid: undefined }
    },
  },
  {
    // Both outcomes pass; here each key is tried.
    name: 'oidcc-client-test-kid-absent-multiple-jwks',
    bend(provider) {
      provider.jwks = { keys: [publicJwk(other), publicJwk(signingKey)] }
      provider.header = { kid: undefined }
    },
  },
  { name: 'oidcc-client-test-idtoken-sig-rs256' },
  {
    name: 'oidcc-client-test-idtoken-sig-none',
    bend(provider) {
      provider.header = { alg: 'none' }
    },
    code: 'ERR_ID_TOKEN_ALGORITHM',
  },
  {
    name: 'oidcc-client-test-invalid-sig-rs256',
    bend(provider) {
      provider.signWith = other.privateKey
    },
    code: 'ERR_ID_TOKEN_SIGNATURE',
  },
  {
    name: 'oidcc-client-test-userinfo-invalid-sub',
    bend(provider) {
      provider.userinfo = { sub: 'mallory' }
    },
    code: 'ERR_PROVIDER_USERINFO_SUBJECT',
  },
  {
    name: 'oidcc-client-test-nonce-invalid',
    bend: claims({ nonce: 'of another login' }),
    code: 'ERR_ID_TOKEN_NONCE',
  },
  {
    name: 'oidcc-client-test-scope-userinfo-claims',
    settings: { scopes: ['openid', 'profile', 'email', 'phone', 'address'] },
    bend(provider) {
      provider.userinfo = { sub: 'alice', email: 'alice@example.com', email_verified: true }
    },
    async check(t, { product, client, begun }) {
      t.equal(parametersOf(begun.authorization).get('scope'), 'openid profile email phone address')
      await product.visit(client, '/')
      const { headers = {} } = product.upstream.requests.at(-1) ?? {}
      t.equal(headers['x-forwarded-email'], 'alice@example.com')
    },
  },
  {
    name: 'oidcc-client-test-client-secret-basic',
    check(t, { provider }) {
      const { authorization, form } = provider.calls.find(({ path }) => path === '/token') ?? {}
      const encoded = new URLSearchParams({ secret: clientSecret }).toString().split('=')[1] ?? ''
      const basic = Buffer.from(`app:${encoded}`).toString('base64')
      t.equal(authorization, `Basic ${basic}`)
      t.notOk(form?.has('client_secret'))
    },
  },
]
