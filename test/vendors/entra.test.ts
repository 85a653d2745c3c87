import { createHash, randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { providerOf } from '../../src/http/provider-of.js'
import { startProduct } from '../conformance/product.js'
import { forgeToken, signingKey, startHostileProvider } from '../helpers/hostile-provider.js'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { startUpstream } from '../helpers/upstream.js'
import {
  foreignTenant,
  graph,
  homeTenant,
  likeEntra,
  likeEntraForTenants,
} from '../helpers/vendors/entra.js'
import { setUpVendor, type VendorOptions } from '../helpers/vendors/vendor-party.js'

const set = (t: Test, options?: VendorOptions) => setUpVendor(t, 'entra', likeEntra, options)

/** For several tenants; the metadata are where a test has them. */
async function setTenants(t: Test, tenants: string[], settings: Record<string, unknown> = {}) {
  const all: Record<string, unknown> = { tenants, ...settings }
  return setUpVendor(
    t,
    'entra',
    (provider) => {
      all['discoveryUrl'] = `${provider.issuer}/organizations/v2.0/.well-known/openid-configuration`
      return likeEntraForTenants(provider)
    },
    { settings: all },
  )
}

t.test('E1 people of a listed tenant are signed in, under the issuer of that tenant', async (t) => {
  const { provider, logIn } = await setTenants(t, [foreignTenant, homeTenant])
  t.match(await logIn(), { identity: { issuer: `${provider.issuer}/${homeTenant}/v2.0` } })
  provider.claims = {
    ...provider.claims,
    tid: foreignTenant,
    iss: `${provider.issuer}/${foreignTenant}/v2.0`,
  }
  t.match(await logIn(), { identity: { issuer: `${provider.issuer}/${foreignTenant}/v2.0` } })
})

t.test(
  'E1 a session of a tenant is one of the provider, and one of another tenant is not',
  async (t) => {
    const { provider, party, logIn } = await setTenants(t, [homeTenant])
    const { identity } = await logIn()
    const parties = new Map([[party.id, party]])
    t.equal(providerOf(parties, identity), party)
    const issuer = `${provider.issuer}/${foreignTenant}/v2.0`
    t.equal(providerOf(parties, { ...identity, issuer }), undefined)
  },
)

t.test('E1 nobody of another tenant, or with an issuer that is not of the tenant', async (t) => {
  const { provider, logIn } = await setTenants(t, [homeTenant])
  const right = provider.claims
  const issuerOf = (tenant: string) => `${provider.issuer}/${tenant}/v2.0`
  for (const bent of [
    { tid: foreignTenant, iss: issuerOf(foreignTenant) },
    { tid: homeTenant, iss: issuerOf(foreignTenant) },
    { tid: foreignTenant, iss: issuerOf(homeTenant) },
    { tid: undefined },
    { tid: [homeTenant] },
    { tid: '{tenantid}', iss: issuerOf('{tenantid}') },
    { tid: '$&', iss: issuerOf('$&') },
  ]) {
    provider.claims = { ...right, ...bent }
    await t.rejects(logIn(), { code: 'ERR_ID_TOKEN_ISSUER' }, JSON.stringify(bent))
  }
})

t.test('E1 with several tenants an ID token is checked like any other', async (t) => {
  const { provider, logIn } = await setTenants(t, [homeTenant])
  const right = provider.claims
  for (const [bent, code] of [
    [{ nonce: 'other' }, 'ERR_ID_TOKEN_NONCE'],
    [{ nonce: undefined }, 'ERR_ID_TOKEN_NONCE'],
    [{ aud: 'other' }, 'ERR_ID_TOKEN_AUDIENCE'],
    [{ exp: 1 }, 'ERR_ID_TOKEN_EXPIRED'],
    [{ at_hash: 'other' }, 'ERR_ID_TOKEN_ACCESS_TOKEN_HASH'],
  ] as const) {
    provider.claims = { ...right, ...bent }
    await t.rejects(logIn(), { code }, JSON.stringify(bent))
  }
  provider.claims = right
  provider.tokensFor = () => ({ id_token: undefined })
  await t.rejects(logIn(), { code: 'ERR_ID_TOKEN_MISSING' })
})

t.test('E1 a refresh may not bring the tokens of another tenant', async (t) => {
  const { provider, party, session } = await setTenants(t, [homeTenant, foreignTenant])
  const begun = await session()
  t.equal((await party.refresh(begun, Date.now())).kind, 'refreshed')
  provider.claims = {
    ...provider.claims,
    tid: foreignTenant,
    iss: `${provider.issuer}/${foreignTenant}/v2.0`,
  }
  t.match(await party.refresh(begun, Date.now()), { kind: 'rejected', reason: /"iss"/ })
})

t.test('E1 the metadata of another template are refused', async (t) => {
  const { provider, party } = await setTenants(t, [homeTenant])
  provider.metadata['issuer'] = `${provider.issuer}/${homeTenant}/v2.0`
  await t.rejects(party.checkOnline(), { code: 'ERR_PROVIDER_ISSUER' })
})

for (const [title, claims] of [
  [
    'of which the token names the source',
    {
      _claim_names: { groups: 'src1' },
      _claim_sources: { src1: { endpoint: 'http://127.0.0.1:9/steal' } },
    },
  ],
  ['of which the token says that there are', { hasgroups: true }],
] as const) {
  const require = { groups: ['group-3'] }

  t.test(`E2 groups ${title} are fetched, page by page`, async (t) => {
    const settings: Record<string, unknown> = {}
    const { provider, logIn, admits } = await setUpVendor(
      t,
      'entra',
      (double) => {
        settings['groupsOverage'] = { url: `${double.issuer}${graph}?$select=id` }
        return likeEntra(double)
      },
      { settings, require },
    )
    provider.claims = { ...provider.claims, ...claims }
    const page = (groups: string[], next?: string) => ({
      body: JSON.stringify({
        value: groups.map((id) => ({ id })),
        ...(next && { '@odata.nextLink': `${provider.issuer}${next}` }),
      }),
    })
    provider.answers.set(graph, page(['group-1', 'group-2'], '/v1.0/page-2'))
    provider.answers.set('/v1.0/page-2', page(['group-3']))
    const { identity, tokens } = await logIn()
    t.same(identity.claims['groups'], ['group-1', 'group-2', 'group-3'])
    t.equal(admits(identity), true)
    const asked = provider.calls.filter(({ path }) => path.startsWith('/v1.0/'))
    t.same(
      asked.map(({ authorization }) => authorization),
      Array(2).fill(`Bearer ${tokens.accessToken}`),
    )
  })

  t.test(
    `E2 groups ${title} are never none: the rule denies, "not" as well, and the log says why`,
    async (t) => {
      for (const rule of [require, { not: require }]) {
        const { provider, logIn, admits, logged } = await set(t, { require: rule })
        provider.claims = { ...provider.claims, ...claims }
        t.equal(admits((await logIn()).identity), false)
        t.match(logged, [{ message: /leaves out groups/ }])
      }
    },
  )
}

t.test(
  'E2 groups that cannot be fetched deny, those that may come later are waited for',
  async (t) => {
    const settings: Record<string, unknown> = {}
    const { provider, logIn, admits, logged } = await setUpVendor(
      t,
      'entra',
      (double) => {
        settings['groupsOverage'] = { url: double.issuer + graph }
        return likeEntra(double)
      },
      { settings, require: { groups: ['group-1'] } },
    )
    provider.claims = { ...provider.claims, hasgroups: true }
    const list = { value: [{ id: 'group-1' }] }
    for (const [title, answer] of [
      ['forbidden', { status: 403 }],
      ['a page of HTML', { body: '<html>' }],
      ['no list', { body: '{"value":"all"}' }],
      [
        'a next page elsewhere',
        { body: JSON.stringify({ ...list, '@odata.nextLink': 'http://127.0.0.1:9/' }) },
      ],
      [
        'pages without end',
        { body: JSON.stringify({ ...list, '@odata.nextLink': provider.issuer + graph }) },
      ],
    ] as const) {
      provider.answers.set(graph, answer)
      t.equal(admits((await logIn()).identity), false, title)
      t.match(logged.at(-1), { message: /groups not fetched/ })
    }
    provider.answers.set(graph, { status: 429, headers: { 'retry-after': '7' } })
    await t.rejects(logIn(), { code: 'ERR_PROVIDER_UNAVAILABLE', retryAfterMs: 7000 })
  },
)

t.test('E3 app roles are where the profile looks', async (t) => {
  const { provider, logIn, admits } = await set(t, { require: { roles: ['Orders.Admin'] } })
  provider.claims = { ...provider.claims, roles: ['Orders.Admin'] }
  t.equal(admits((await logIn()).identity), true)
})

t.test('E4 an access token of the older version counts, of the same tenant only', async (t) => {
  const { present, accessToken, party } = await setTenants(t, [homeTenant], {
    accessTokenIssuers: ['https://sts.windows.net/{tenantid}/'],
  })
  await party.checkOnline()
  const older = (tid: string, inIssuer = tid) =>
    accessToken({
      aud: 'api://orders',
      iss: `https://sts.windows.net/${inIssuer}/`,
      tid,
      ver: '1.0',
    })
  t.match(await present(older(homeTenant)), { kind: 'verified' })
  t.match(await present(older(foreignTenant)), { kind: 'refused' })
  t.match(await present(older(foreignTenant, homeTenant)), { kind: 'refused' })
})

t.test('E5 an access token for Graph verifies nowhere, and a login does not try', async (t) => {
  const { logIn, present, issuer } = await set(t)
  t.match(await logIn(), { tokens: { accessToken: /^eyJ/ } })
  const now = Math.floor(Date.now() / 1000)
  const nonce = randomUUID()
  const signed = forgeToken(
    {
      alg: 'RS256',
      kid: signingKey.kid,
      typ: 'JWT',
      nonce: createHash('sha256').update(nonce).digest('base64url'),
    },
    { iss: issuer, aud: 'https://graph.microsoft.com', sub: 'alice', iat: now, exp: now + 300 },
    signingKey.privateKey,
  )
  const [, payload, signature] = signed.split('.')
  const header = { alg: 'RS256', kid: signingKey.kid, typ: 'JWT', nonce }
  const asSent = Buffer.from(JSON.stringify(header)).toString('base64url')
  t.match(await present(`${asSent}.${payload}.${signature}`), {
    kind: 'refused',
    reason: /signature/,
  })
})

t.test(
  'E6 an address counts in rules only when its domain is verified, and is nobody’s key',
  async (t) => {
    const { provider, logIn, admits } = await set(t, { require: { emailDomains: ['example.com'] } })
    const { identity } = await logIn()
    t.equal(admits(identity), false)
    t.equal(identity.sub, provider.claims['sub'])
    for (const [xms_edov, isVerified] of [
      [true, true],
      ['true', true],
      ['1', false],
      [1, false],
      [false, false],
    ]) {
      provider.claims = { ...provider.claims, xms_edov }
      t.equal(admits((await logIn()).identity), isVerified, JSON.stringify(xms_edov))
    }
  },
)

t.test('E7 a refresh token is asked for, and the latest one is kept', async (t) => {
  const { party, asked, session } = await set(t)
  t.match((await asked()).get('scope'), /offline_access/)
  const begun = await session()
  const outcome = await party.refresh(begun, Date.now())
  t.ok(outcome.kind === 'refreshed' && outcome.tokens.refreshToken !== begun.tokens.refreshToken)
})

t.test(
  'E8 the logout names the account, so that nobody is asked which, and nothing is revoked',
  async (t) => {
    const { party, provider, logIn, logoutOf } = await set(t)
    const signIn = await logIn()
    t.same(Object.fromEntries(logoutOf(signIn)?.searchParams ?? []), {
      client_id: 'app',
      id_token_hint: signIn.tokens.idToken,
      logout_hint: 'O.CiRhbGljZQ',
      post_logout_redirect_uri: 'https://app.example.com/oauth2/signed_out',
      state: 'bye',
    })
    t.same(await party.revoke(signIn.tokens), [])
    provider.claims = { ...provider.claims, login_hint: undefined }
    t.equal(logoutOf(await logIn())?.searchParams.has('logout_hint'), false)
  },
)

/** As docs/providers/entra.md has it. */
const capability = { access_token: { xms_cc: { values: ['cp1'] } } }

t.test('E9 every request says that claims challenges are understood', async (t) => {
  const { asked } = await set(t, { settings: { claims: capability } })
  t.strictSame(JSON.parse((await asked()).get('claims') ?? ''), capability)
})

/** An API that wants an authentication context, which the token of the second login has. */
async function setUpChallenge(t: Test, settings: Record<string, unknown>) {
  const provider = await startHostileProvider()
  t.teardown(() => provider.stop())
  const issuer = likeEntra(provider)
  let count = 0
  provider.tokensFor = () => ({ access_token: `token-${++count}`, expires_in: '3599' })
  const context = { essential: true, value: 'c1' }
  const claims = Buffer.from(JSON.stringify({ access_token: { acrs: context } })).toString('base64')
  const uri = `authorization_uri="${provider.issuer}/common/oauth2/authorize"`
  const challenge = `Bearer realm="", ${uri}, error="insufficient_claims", claims="${claims}"`
  const api = await startUpstream((request, response) => {
    const isEnough = request.headers.authorization === 'Bearer token-2'
    response.writeHead(isEnough ? 200 : 401, isEnough ? {} : { 'www-authenticate': challenge })
    response.end('of the API')
  })
  t.teardown(() => api.close())
  const trusted = { id: 'corp', provider, settings: { issuer, vendor: 'entra', ...settings } }
  const product = await startProduct(t, [trusted], { routes: () => [{ upstream: api.url }] })
  const client = createJarFetch()
  t.equal((await product.logIn(trusted, client)).answer, 'LOGIN_FINISHED')
  return { provider, product, client, context, challenge }
}

t.test('E9 an API that lacks claims gets them by another login', async (t) => {
  const { provider, product, client, context } = await setUpChallenge(t, { claims: capability })
  const challenged = await product.visit(client, '/orders?page=2')
  t.match(challenged, { status: 302, answer: 'STEP_UP_REQUIRED' })
  const { location: authorization = '' } = await product.visit(client, challenged.location ?? '')
  t.strictSame(JSON.parse(provider.asked(authorization).get('claims') ?? ''), {
    access_token: { xms_cc: { values: ['cp1'] }, acrs: context },
  })
  const redirectUri = `${product.publicUrl}/oauth2/callback`
  const answer = provider.authorize(authorization)
  const finished = await product.finish(client, { redirectUri }, answer)
  t.match(finished, { answer: 'LOGIN_FINISHED', location: '/orders?page=2' })
  t.match(await product.visit(client, '/orders?page=2'), { status: 200, page: 'of the API' })
})

t.test('E9 a script that calls such an API gets the challenge itself', async (t) => {
  const { product, client, challenge } = await setUpChallenge(t, {})
  const headers = { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', accept: '*/*' }
  const seen = await product.visit(client, '/orders', { headers })
  t.match(seen, { status: 401, answer: undefined, page: 'of the API' })
  t.equal(seen.headers.get('www-authenticate'), challenge)
})

t.test('E9 an API that is still not content after it makes no circle', async (t) => {
  const { provider, product, client } = await setUpChallenge(t, {})
  provider.tokensFor = () => ({ access_token: 'token-of-old', expires_in: '3599' })
  const challenged = await product.visit(client, '/orders')
  const { location: authorization = '' } = await product.visit(client, challenged.location ?? '')
  const redirectUri = `${product.publicUrl}/oauth2/callback`
  await product.finish(client, { redirectUri }, provider.authorize(authorization))
  t.match(await product.visit(client, '/orders'), { status: 403, answer: 'ERR_STEP_UP_FAILED' })
})

t.test(
  'E12 a policy of B2C is told by its metadata, and tokens of another one are refused',
  async (t) => {
    const settings: Record<string, unknown> = { requiredClaims: { tfp: ['B2C_1_sign_in'] } }
    const { provider, logIn } = await setUpVendor(
      t,
      'entra',
      (double) => {
        likeEntra(double)
        const policy = '/acme.onmicrosoft.com/B2C_1_sign_in/v2.0/.well-known/openid-configuration'
        settings['discoveryUrl'] = double.issuer + policy
        const issuer = `${double.issuer}/${homeTenant}/v2.0/`
        double.metadata['issuer'] = issuer
        double.claims = { ...double.claims, iss: issuer, tfp: 'B2C_1_sign_in' }
        return issuer
      },
      { settings },
    )
    t.match(await logIn(), { identity: { issuer: `${provider.issuer}/${homeTenant}/v2.0/` } })
    provider.claims = { ...provider.claims, tfp: 'B2C_1_sign_up' }
    await t.rejects(logIn(), { code: 'ERR_ID_TOKEN_CLAIM' })
  },
)

t.test('E13 a lifetime in the form of a text is one', async (t) => {
  const { logIn } = await set(t)
  const { tokens } = await logIn()
  t.equal(tokens.accessTokenExpiresAt - tokens.accessTokenIssuedAt, 3_599_000)
})

t.test(
  'E14 userinfo says little, of the same subject, and costs nothing of the ID token',
  async (t) => {
    const { provider, logIn } = await set(t)
    const { identity } = await logIn()
    t.match(identity.claims, { name: 'Alice', email: 'alice@example.com', tid: homeTenant })
    provider.userinfo = { ...provider.userinfo, sub: 'somebody else' }
    await t.rejects(logIn(), { code: 'ERR_PROVIDER_USERINFO_SUBJECT' })
  },
)
