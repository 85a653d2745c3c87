import t from 'tap'
import {
  createTestKey,
  forgeToken,
  publicJwk,
  signingKey,
  type HostileProvider,
} from '../helpers/hostile-provider.js'
import { runPlan, type Module } from './plan.js'

t.setTimeout(120_000)

const ec = createTestKey('ec', 'ES256')
const otherEc = createTestKey('ec', 'ES256')
const userinfo = 'always'

/**
 * Groups that the token says are kept at `source`. Nothing is fetched from where a token says, nor believed of a
 * claim that nobody verified: the groups are unknown, which is not the same as none.
 */
const kept = (
  name: string,
  source: (provider: HostileProvider) => Record<string, unknown>,
): Module => ({
  name: `CORE-24 ${name}`,
  bend(provider) {
    provider.claims = {
      _claim_names: { groups: 'source' },
      _claim_sources: { source: source(provider) },
    }
  },
  async check(t, { product, provider, client }) {
    t.equal((await product.visit(client, '/')).status, 200)
    t.equal(product.upstream.requests.at(-1)?.headers['x-forwarded-groups'], undefined)
    for (const path of ['/staff', '/no-guests']) {
      t.match(await product.visit(client, path), { status: 403, answer: 'ERR_ACCESS_DENIED' }, path)
    }
    t.equal(provider.callsTo('/claims'), 0)
  },
})

/** Modules of no plan that this product could be certified for, as far as they apply. */
const modules: readonly Module[] = [
  {
    name: 'oidcc-client-test-invalid-athash',
    bend(provider) {
      provider.claims = { at_hash: '77QmUPtjPfzWtF2AnpK9RQ' }
    },
    code: 'ERR_ID_TOKEN_ACCESS_TOKEN_HASH',
  },
  {
    name: 'oidcc-client-test-invalid-sig-es256',
    bend(provider) {
      provider.jwks = { keys: [publicJwk(ec)] }
      provider.header = { alg: 'ES256', kid: 'ec' }
      provider.signWith = otherEc.privateKey
    },
    code: 'ERR_ID_TOKEN_SIGNATURE',
  },
  {
    name: 'oidcc-client-test-invalid-sig-hs256',
    settings: { idTokenSigningAlgorithms: ['HS256'] },
    bend(provider) {
      provider.header = { alg: 'HS256', kid: undefined }
      provider.signWith = 'another secret than that of the client'
    },
    code: 'ERR_ID_TOKEN_SIGNATURE',
  },
  {
    name: 'oidcc-client-test-missing-aud',
    bend(provider) {
      provider.claims = { aud: undefined }
    },
    code: 'ERR_ID_TOKEN_AUDIENCE',
  },
  {
    // Where it is optional, it is sent all the same, and therefore has to come back.
    name: 'oidcc-client-test-nonce-unless-code-flow',
    bend(provider) {
      provider.claims = { nonce: undefined }
    },
    code: 'ERR_ID_TOKEN_NONCE',
    check(t, { begun }) {
      t.match(new URL(begun.authorization ?? '').searchParams.get('nonce'), /^[\w-]{43,}$/)
    },
  },
  {
    name: 'oidcc-client-test-userinfo-bearer-header',
    settings: { userinfo },
    check(t, { provider }) {
      const call = provider.calls.find(({ path }) => path === '/userinfo')
      t.match(call, { method: 'GET', authorization: /^Bearer access-/ })
      t.equal(call?.form.size, 0)
    },
  },
  {
    name: 'oidcc-client-test-userinfo-signed',
    settings: { userinfo },
    bend(provider) {
      const claims = { iss: provider.issuer, aud: 'app', sub: 'alice', email: 'a@example.com' }
      const body = forgeToken({ alg: 'RS256', kid: 'key-1' }, claims, signingKey.privateKey)
      provider.answers.set('/userinfo', { headers: { 'content-type': 'application/jwt' }, body })
    },
    async check(t, { product, client }) {
      await product.visit(client, '/')
      const { headers = {} } = product.upstream.requests.at(-1) ?? {}
      t.equal(headers['x-forwarded-email'], 'a@example.com')
    },
  },
  kept('oidcc-client-test-aggregated-claims', ({ issuer }) => ({
    JWT: forgeToken(
      { alg: 'RS256', kid: 'key-1' },
      { iss: issuer, sub: 'alice', groups: ['staff'] },
      signingKey.privateKey,
    ),
  })),
  kept('oidcc-client-test-distributed-claims', ({ issuer }) => ({
    endpoint: `${issuer}/claims`,
    access_token: 'of the source',
  })),
]

t.test('modules of no certification plan', (t) =>
  runPlan(
    t,
    modules,
    {},
    {
      routes: (upstream) => [
        { match: { path: '/staff' }, upstream, require: { groups: ['staff'] } },
        { match: { path: '/no-guests' }, upstream, require: { not: { groups: ['guests'] } } },
        { match: { path: '/' }, upstream },
      ],
    },
  ),
)
