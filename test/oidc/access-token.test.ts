import t, { type Test } from 'tap'
import type { ProviderConfig } from '../../src/config/schema.js'
import { verifyAccessToken } from '../../src/oidc/access-token.js'
import { createBearerTokens } from '../../src/oidc/bearer-tokens.js'
import { OidcError } from '../../src/oidc/errors.js'
import { createKeySet } from '../../src/oidc/key-set.js'
import { usableKeys } from '../../src/oidc/published-keys.js'
import { createTestKey, forgeToken, publicJwk, signingKey } from '../helpers/hostile-provider.js'
import { providerConfig } from '../helpers/provider-config.js'

const issuer = 'https://idp.example.com'
const now = 1_800_000_000_000
const seconds = now / 1000
const ec = createTestKey('key-ec', 'ES256')
const ed = createTestKey('key-ed', 'EdDSA')
const stranger = createTestKey(signingKey.kid)
const publicPem = String(signingKey.publicKey.export({ type: 'spki', format: 'pem' }))

interface Case {
  readonly title: string
  /** Why the token must be refused; none: it must be accepted. */
  readonly refused?: RegExp
  readonly claims?: Record<string, unknown>
  readonly header?: Record<string, unknown>
  readonly signWith?: Parameters<typeof forgeToken>[2]
  readonly settings?: Partial<ProviderConfig>
}

/** A token as RFC 9068 has it; a value replaces the right one, `undefined` removes it. */
function tokenOf({ claims, header, signWith }: Omit<Case, 'title'> = {}): string {
  const right = {
    iss: issuer,
    aud: 'https://api.example.com',
    sub: 'alice',
    client_id: 'robot',
    iat: seconds,
    exp: seconds + 300,
    jti: 'one',
    scope: 'read write',
  }
  return forgeToken(
    { alg: 'RS256', kid: signingKey.kid, typ: 'at+jwt', ...header },
    { ...right, ...claims },
    signWith ?? signingKey.privateKey,
  )
}

/** A provider by its keys; counts how often they are fetched. */
function setUp(settings: Partial<ProviderConfig> = {}) {
  const state: { loads: number; failure: unknown; now: number; listed: unknown[] } = {
    loads: 0,
    failure: undefined,
    now,
    listed: [signingKey, ec, ed].map(publicJwk),
  }
  const keys = createKeySet({
    async load() {
      state.loads += 1
      if (state.failure !== undefined) throw state.failure
      return { keys: usableKeys({ keys: state.listed }), freshForMs: 600_000 }
    },
    now: () => state.now,
  })
  const config = providerConfig({ issuer, ...settings })
  const discovery = { current: () => undefined }
  return { state, provider: { keys, config, discovery, issuer: () => issuer } }
}

async function runCase(t: Test, { refused, settings, ...bent }: Case) {
  const { state, provider } = setUp(settings)
  const verifying = verifyAccessToken(provider, tokenOf(bent), now)
  if (refused === undefined) t.match(await verifying, { identity: { issuer, sub: 'alice' } })
  else await t.rejects(verifying, { code: 'ERR_BEARER_TOKEN', message: refused })
  t.ok(state.loads <= 2)
}

const lax = { accessTokenType: 'lax' } as const

const cases: Case[] = [
  { title: 'AT-1 accepts a token as RFC 9068 has it' },
  ...['application/at+jwt', 'AT+JWT'].map((typ): Case => ({
    title: `AT-1 accepts the type ${typ}`,
    header: { typ },
  })),
  ...['JWT', undefined, 'logout+jwt', 'at+jwt;x', 'dpop+jwt', 'application/jwt'].map(
    (typ): Case => ({
      title: `AT-1 refuses the type ${typ}`,
      header: { typ },
      refused: /"typ"/,
    }),
  ),
  { title: 'AT-1 refuses a type that is no text', header: { typ: 7 }, refused: /no signed JWT/ },
  ...['JWT', 'jwt', undefined, 'at+jwt', 'application/jwt'].map((typ): Case => ({
    title: `AT-1 accepts the type ${typ} where the provider is lax`,
    header: { typ },
    settings: lax,
  })),
  ...['logout+jwt', 'dpop+jwt', 'token-introspection+jwt', ''].map((typ): Case => ({
    title: `AT-1 refuses the type ${typ} even where the provider is lax`,
    header: { typ },
    settings: lax,
    refused: /"typ"/,
  })),
  ...['nonce', 'at_hash', 'c_hash', 's_hash', 'events'].map((name): Case => ({
    title: `AT-1 refuses "${name}" where no type tells it from an ID token`,
    header: { typ: 'JWT' },
    claims: { [name]: 'x' },
    settings: lax,
    refused: new RegExp(`"${name}" is there`),
  })),
  ...[['app'], ['https://api.example.com', 'app']].map((aud): Case => ({
    title: `AT-1 refuses the audience ${aud.join(' and ')} where no type tells it from an ID token`,
    header: { typ: 'JWT' },
    claims: { aud },
    settings: lax,
    refused: /holds the client/,
  })),
  ...['ID', 'Refresh', 'Logout', 7].map((typ): Case => ({
    title: `AT-1 refuses what Keycloak marks as ${typ}`,
    header: { typ: 'JWT' },
    claims: { typ },
    settings: lax,
    refused: /the claim "typ"/,
  })),
  {
    title: 'AT-1 accepts what Keycloak marks as Bearer',
    header: { typ: 'JWT' },
    claims: { typ: 'Bearer', azp: 'app', aud: ['https://api.example.com', 'account'] },
    settings: lax,
  },
  ...[undefined, 'https://idp.example.com/', 'https://IDP.example.com', [issuer], 7].map(
    (iss): Case => ({
      title: `AT-1 refuses the issuer ${JSON.stringify(iss)}`,
      claims: { iss },
      refused: /"iss"/,
    }),
  ),
  ...[undefined, [], 7, ['https://api.example.com', 7], {}].map((aud): Case => ({
    title: `AT-1 refuses the audience ${JSON.stringify(aud)}`,
    claims: { aud },
    refused: /"aud"/,
  })),
  ...[undefined, 'soon', -1, 1e300, null, String(seconds + 300)].map((exp): Case => ({
    title: `AT-1 refuses the exp ${exp}`,
    claims: { exp },
    refused: /"exp" is missing or no instant/,
  })),
  { title: 'AT-1 refuses an expired token', claims: { exp: seconds - 30 }, refused: /expired/ },
  { title: 'AT-1 accepts an exp within the clock tolerance', claims: { exp: seconds - 29 } },
  { title: 'AT-1 refuses a token without iat', claims: { iat: undefined }, refused: /"iat"/ },
  {
    title: 'AT-1 refuses an iat in the future',
    claims: { iat: seconds + 31 },
    refused: /"iat" is in the future/,
  },
  { title: 'AT-1 accepts an iat within the clock tolerance', claims: { iat: seconds + 30 } },
  {
    title: 'AT-1 refuses a token before its nbf',
    claims: { nbf: seconds + 31 },
    refused: /not valid yet/,
  },
  { title: 'AT-1 refuses an nbf that is no instant', claims: { nbf: 'now' }, refused: /"nbf"/ },
  { title: 'AT-1 accepts a token after its nbf', claims: { nbf: seconds } },
  ...[undefined, '', 7, 'x'.repeat(256)].map((sub): Case => ({
    title: `AT-1 refuses the sub ${String(sub).slice(0, 9)}`,
    claims: { sub },
    refused: /"sub"/,
  })),
  {
    title: 'AT-1 refuses a token that is bound to a key',
    claims: { cnf: { jkt: 'x' } },
    refused: /"cnf"/,
  },
  {
    title:
      'MTLS-3 refuses a token that is bound to a certificate, since the listener asks for none',
    claims: { cnf: { 'x5t#S256': 'x'.repeat(43) } },
    refused: /"cnf"/,
  },
  ...([ec, ed] as const).map(({ alg, kid, privateKey }): Case => ({
    title: `JWT-1 accepts ${alg}`,
    header: { alg, kid },
    signWith: privateKey,
  })),
  { title: 'JWT-1 refuses an unsigned token', header: { alg: 'none' }, refused: /"alg"/ },
  { title: 'JWT-1 refuses an unknown alg', header: { alg: 'RS1' }, refused: /"alg"/ },
  {
    title: 'JWT-1 refuses the public key as a secret',
    header: { alg: 'HS256' },
    signWith: publicPem,
    refused: /"alg"/,
  },
  {
    title: 'JWT-1 refuses HS256 under the client secret, also where ID tokens have it',
    header: { alg: 'HS256', kid: undefined },
    signWith: providerConfig({ issuer }).clientSecret ?? '',
    settings: { idTokenSigningAlgorithms: ['HS256'] },
    refused: /"alg"/,
  },
  {
    title: 'JWT-1 refuses an alg that is not of the key',
    header: { alg: 'ES256', kid: signingKey.kid },
    signWith: ec.privateKey,
    refused: /no key/,
  },
  {
    title: 'JWT-1 refuses another key under a known kid',
    signWith: stranger.privateKey,
    refused: /signature/,
  },
  ...[
    { jwk: publicJwk(stranger) },
    { jku: 'https://attacker.example/jwks' },
    { x5u: 'https://attacker.example/certificate' },
    { x5c: ['AAAA'] },
  ].map((header): Case => ({
    title: `JWT-1 ignores the key that "${Object.keys(header)[0]}" offers`,
    header,
    signWith: stranger.privateKey,
    refused: /signature/,
  })),
  { title: 'JWT-1 refuses a critical header', header: { crit: ['exp'] }, refused: /"crit"/ },
]
for (const each of cases) t.test(each.title, (t) => runCase(t, each))

t.test('JWT-1 refuses what is no signed JWT', async (t) => {
  const { provider } = setUp()
  const good = tokenOf()
  for (const token of [
    '',
    'opaque',
    'a.b.c',
    '..',
    'eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d',
    good.slice(0, -4),
    `${good}x`,
    good.replace('.', '..'),
    `${'a'.repeat(70_000)}.b.c`,
  ]) {
    await t.rejects(verifyAccessToken(provider, token, now), { code: 'ERR_BEARER_TOKEN' })
  }
})

t.test('AT-1 groups that an access token leaves out are not none', async (t) => {
  const { provider } = setUp()
  const claimsOf = async (claims: Record<string, unknown>) =>
    (await verifyAccessToken(provider, tokenOf({ claims }), now)).identity.claims
  t.match(await claimsOf({ hasgroups: true }), { _claim_names: { groups: 'unknown' } })
  t.match(await claimsOf({ hasgroups: true, groups: ['a'] }), { _claim_names: undefined })
  t.match(await claimsOf({}), { _claim_names: undefined })
})

t.test('AT-1 reads scopes from `scope` and `scp`, as a text and as a list', async (t) => {
  const { provider } = setUp()
  for (const [claims, scopes] of [
    [{ scope: 'read  write' }, ['read', 'write']],
    [{ scope: undefined }, []],
    [{ scope: undefined, scp: 'read write' }, ['read', 'write']],
    [{ scope: undefined, scp: ['read', 7, 'write'] }, ['read', 'write']],
    [{ scope: 7 }, []],
    [{ scope: '' }, []],
  ] as const) {
    t.same((await verifyAccessToken(provider, tokenOf({ claims }), now)).scopes, scopes)
  }
})

const down = new OidcError('ERR_PROVIDER_UNAVAILABLE', 'down', { retryAfterMs: 7000 })

/** Bearer tokens of a provider that counts how often it really verifies. */
function setUpCached() {
  const { state, provider } = setUp()
  let verifications = 0
  const party = {
    id: 'corp',
    isNamed: (named: string) => named === issuer,
    issuesAccessTokens: (named: string) => named === issuer,
    takesOpaqueTokens: false,
    verifyAccessToken(token: string, at: number) {
      verifications += 1
      return verifyAccessToken(provider, token, at)
    },
  }
  const other = { ...party, id: 'other', isNamed: () => false, issuesAccessTokens: () => false }
  return { state, bearer: createBearerTokens([other, party]), verifications: () => verifications }
}

t.test('a token is verified once a minute, until it expires', async (t) => {
  const { bearer, verifications } = setUpCached()
  const token = tokenOf({ claims: { exp: seconds + 70 } })
  const verify = async (at: number) => (await bearer.verify(token, undefined, at)).kind
  for (const at of [now, now + 1000, now + 59_999]) t.equal(await verify(at), 'verified')
  t.equal(verifications(), 1)
  t.equal(await verify(now + 60_000), 'verified')
  t.equal(verifications(), 2)
  t.equal(await verify(now + 99_999), 'verified', 'within the clock tolerance')
  t.equal(verifications(), 2)
  t.equal(await verify(now + 100_000), 'refused', 'a cached verdict does not outlive the token')
})

t.test('the same token gives the same object, under a name that does not tell it', async (t) => {
  const { bearer } = setUpCached()
  const [one, two] = [
    await bearer.verify(tokenOf(), undefined, now),
    await bearer.verify(tokenOf(), undefined, now),
  ]
  if (one.kind !== 'verified' || two.kind !== 'verified') throw new Error('refused')
  t.equal(one.token, two.token)
  t.match(one.token.key, /^[\w-]{43}$/)
})

t.test('a refused token is no burden: it is not kept', async (t) => {
  const { bearer, verifications } = setUpCached()
  const token = tokenOf({ signWith: stranger.privateKey })
  for (let count = 0; count < 3; count++) {
    t.match(await bearer.verify(token, undefined, now), { kind: 'refused', reason: /signature/ })
  }
  t.equal(verifications(), 3)
})

t.test('a token counts for the provider of its issuer only', async (t) => {
  const { bearer } = setUpCached()
  t.match(await bearer.verify(tokenOf(), 'corp', now), { kind: 'verified' })
  t.match(await bearer.verify(tokenOf(), 'other', now), { kind: 'refused', reason: /issuer/ })
  const foreign = tokenOf({ claims: { iss: 'https://other.example.com' } })
  t.match(await bearer.verify(foreign, undefined, now), { kind: 'refused', reason: /"iss"/ })
  for (const token of ['opaque', tokenOf({ claims: { iss: undefined } }), 'a'.repeat(17_000)]) {
    t.match(await bearer.verify(token, undefined, now), { kind: 'refused' })
  }
})

t.test('keys that cannot be had are no verdict on the token', async (t) => {
  const { state, bearer } = setUpCached()
  state.failure = down
  t.match(await bearer.verify(tokenOf(), undefined, now), {
    kind: 'unavailable',
    retryAfterMs: 7000,
  })
  state.failure = new OidcError('ERR_PROVIDER_KEYS', 'no list of keys')
  t.match(await bearer.verify(tokenOf(), undefined, now), { kind: 'unavailable' })
  state.failure = undefined
  t.match(await bearer.verify(tokenOf(), undefined, now), { kind: 'verified' })
  state.failure = down
  t.match(await bearer.verify(tokenOf({ claims: { jti: 'two' } }), undefined, now), {
    kind: 'verified',
  })
})

t.test('CORE-18 BEAR-3 an unknown key fetches the keys once, and is no outage', async (t) => {
  const { state, bearer } = setUpCached()
  await bearer.verify(tokenOf(), undefined, now)
  const unknown = (kid: string) => tokenOf({ header: { kid }, signWith: stranger.privateKey })
  for (const kid of ['first', 'first', 'second']) {
    t.match(await bearer.verify(unknown(kid), undefined, now), { kind: 'refused' })
  }
  t.equal(state.loads, 2)
  state.now += 30_000
  state.failure = down
  t.match(await bearer.verify(unknown('third'), undefined, now), { kind: 'unavailable' })
  t.match(await bearer.verify(unknown('fourth'), undefined, now), {
    kind: 'unavailable',
    retryAfterMs: 30_000,
  })
  t.equal(state.loads, 3)
})

t.test('a key that was withdrawn counts for a minute more', async (t) => {
  const { state, bearer } = setUpCached()
  await bearer.verify(tokenOf(), undefined, now)
  state.listed = [publicJwk(ec)]
  state.now = now + 601_000
  const other = tokenOf({ claims: { jti: 'two', exp: seconds + 3600 } })
  await bearer.verify(other, undefined, state.now)
  await new Promise(setImmediate)
  t.match(await bearer.verify(other, undefined, state.now + 59_000), { kind: 'verified' })
  t.match(await bearer.verify(other, undefined, state.now + 60_000), { kind: 'refused' })
})
