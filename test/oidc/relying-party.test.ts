import t from 'tap'
import { createRelyingParty } from '../../src/oidc/relying-party.js'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { providerConfig } from '../helpers/provider-config.js'
import { signInAtProvider } from '../helpers/provider.js'
import { redirectUri } from './hostile-login.js'
import { logger, neededClaims, setUp, signIn } from './real-login.js'

const digest = async (text: string) =>
  Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('base64url')

t.test('CORE-1 BFF-2 asks for a code, with every parameter, never twice the same', async (t) => {
  const { provider, party } = await setUp(t)
  const now = Date.now()
  const first = await party.beginLogin({ redirectUri, now })
  const second = await party.beginLogin({ redirectUri, stateSuffix: '-tab2', now })
  const asked = new URL(first.url)
  t.equal(asked.origin + asked.pathname, `${provider.issuer}/auth`)
  t.same(Object.fromEntries(asked.searchParams), {
    client_id: 'app',
    response_type: 'code',
    scope: 'openid profile email',
    redirect_uri: redirectUri,
    state: first.transaction.state,
    nonce: first.transaction.nonce,
    code_challenge: await digest(first.transaction.codeVerifier),
    code_challenge_method: 'S256',
  })
  t.ok(second.transaction.state.endsWith('-tab2'))
  for (const name of ['state', 'nonce', 'codeVerifier'] as const) {
    const value = first.transaction[name]
    t.not(value, second.transaction[name], name)
    t.ok(Buffer.from(value, 'base64url').length >= 16, `${name} has at least 128 bits`)
  }
  t.match(first.transaction, { providerId: 'corp', createdAt: now })
})

t.test('CORE-1 sends what the configuration adds', async (t) => {
  const { party } = await setUp(t, {
    responseMode: 'form_post',
    prompt: 'login',
    acrValues: ['mfa', 'pwd'],
    maxAge: 90_500,
    scopes: ['openid', 'groups'],
  })
  const { url } = await party.beginLogin({ redirectUri, now: Date.now() })
  t.match(Object.fromEntries(new URL(url).searchParams), {
    scope: 'openid groups',
    response_mode: 'form_post',
    prompt: 'login',
    acr_values: 'mfa pwd',
    max_age: '90',
  })
})

t.test('signs a person in at a real provider', async (t) => {
  const { provider, party } = await setUp(t)
  const { result } = await signIn(party)
  t.match(result.identity, {
    providerId: 'corp',
    issuer: provider.issuer,
    sub: 'alice',
    claims: { email: 'alice@example.com', groups: ['staff', 'admins'] },
  })
  const { tokens } = result
  t.ok(provider.secrets.includes(tokens.accessToken))
  t.equal(tokens.accessTokenExpiresAt - tokens.accessTokenIssuedAt, 300_000)
  t.match(tokens, { refreshToken: String, idToken: String, scope: 'openid profile email' })
  t.notOk(provider.requests.includes('GET /me'), 'userinfo is not needed')
})

t.test('the userinfo endpoint fills in what a thin ID token lacks', async (t) => {
  const { provider, party } = await setUp(t, {}, { thinIdToken: true })
  const { result } = await signIn(party, 'bob')
  t.match(result.identity.claims, { sub: 'bob', email: 'bob@example.com', groups: ['staff'] })
  t.ok(provider.requests.includes('GET /me'))
})

t.test('userinfo is asked always or never when the configuration says so', async (t) => {
  const always = await setUp(t, { userinfo: 'always' })
  await signIn(always.party)
  t.ok(always.provider.requests.includes('GET /me'))
  const never = await setUp(t, { userinfo: 'never' }, { thinIdToken: true })
  const { result } = await signIn(never.party)
  t.notOk(never.provider.requests.includes('GET /me'))
  t.equal(result.identity.claims['email'], undefined)
})

t.test('CORE-3 a code counts once', async (t) => {
  const { provider, party } = await setUp(t)
  const { answer } = await signIn(party)
  await t.rejects(party.finishLogin(answer), {
    code: 'ERR_CALLBACK_CODE_REJECTED',
    providerError: 'invalid_grant',
  })
  t.same(
    provider.tokenRequests.map(({ status }) => status),
    [200, 400],
  )
})

t.test('CORE-2 a login that the person declines is told apart', async (t) => {
  const { provider, party } = await setUp(t)
  const { url, transaction } = await party.beginLogin({ redirectUri, now: Date.now() })
  const browser = createJarFetch()
  const page = await browser(url)
  const form = new URL(page.headers.get('location') ?? '', provider.issuer).href
  await browser(form)
  const denied = await browser(form, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'deny=1',
  })
  const back = await browser(denied.headers.get('location') ?? '')
  const { searchParams: parameters } = new URL(back.headers.get('location') ?? '')
  await t.rejects(party.finishLogin({ redirectUri, parameters, transaction, now: Date.now() }), {
    code: 'ERR_CALLBACK_DENIED',
    providerError: 'access_denied',
  })
  t.same(provider.tokenRequests, [])
})

t.test('CORE-13 CORE-14 asks a real provider for acr and a recent authentication', async (t) => {
  const { party } = await setUp(t, { acrValues: ['mfa'], maxAge: 60_000 })
  const { result } = await signIn(party)
  t.equal(result.identity.claims['acr'], 'mfa')
  t.type(result.identity.authenticatedAt, 'number')
})

t.test('CORE-27 BFF-2 a secret full of special characters works by each method', async (t) => {
  const secret = `:%+ &=/?#"'~`
  for (const method of ['client_secret_basic', 'client_secret_post'] as const) {
    const client = { client_secret: secret, token_endpoint_auth_method: method }
    const settings = { clientAuthentication: method, clientSecret: secret }
    const { party } = await setUp(t, settings, { client })
    t.match(await signIn(party), { result: { identity: { sub: 'alice' } } }, method)
  }
})

t.test('CORE-27 a wrong secret is told as a rejected client', async (t) => {
  const { provider, party } = await setUp(t, { clientSecret: 'wrong' })
  await t.rejects(signIn(party), { code: 'ERR_PROVIDER_REJECTED_CLIENT' })
  t.match(provider.tokenRequests, [{ status: 401 }])
})

t.test('a public client signs in by PKCE alone', async (t) => {
  const { party } = await setUp(
    t,
    { clientAuthentication: 'none' },
    { client: { token_endpoint_auth_method: 'none' } },
  )
  t.match(await signIn(party), { result: { identity: { sub: 'alice' } } })
})

t.test('a client without its secret is an error of the configuration', async (t) => {
  const { clientSecret: _, ...config } = providerConfig({ issuer: 'https://idp.example.com' })
  t.throws(() => createRelyingParty(config, { neededClaims, logger }), {
    code: 'ERR_PROVIDER_CONFIGURATION',
  })
})

t.test('PKCE-1 the verifier has 43 to 128 unreserved characters and is fresh', async (t) => {
  const { party } = await setUp(t)
  const verifiers = new Set<string>()
  for (let count = 0; count < 20; count++) {
    const { transaction } = await party.beginLogin({ redirectUri, now: Date.now() })
    t.match(transaction.codeVerifier, /^[A-Za-z0-9._~-]{43,128}$/)
    verifiers.add(transaction.codeVerifier)
  }
  t.equal(verifiers.size, 20)
})

t.test('PKCE-2 a real provider checks the S256 challenge', async (t) => {
  const { provider, party } = await setUp(t)
  const { url, transaction } = await party.beginLogin({ redirectUri, now: Date.now() })
  const callback = new URL(await signInAtProvider(createJarFetch(), url, 'alice'))
  const other = await party.beginLogin({ redirectUri, now: Date.now() })
  const swapped = { ...transaction, codeVerifier: other.transaction.codeVerifier }
  await t.rejects(
    party.finishLogin({
      redirectUri,
      parameters: callback.searchParams,
      transaction: swapped,
      now: Date.now(),
    }),
    { code: 'ERR_CALLBACK_CODE_REJECTED' },
  )
  t.match(provider.tokenRequests, [{ status: 400 }])
})

t.test('RPL-1 the logout request has hint, client, return address and state', async (t) => {
  const { provider, party } = await setUp(t)
  const parameters = { postLogoutRedirectUri: 'http://127.0.0.1:9/', state: 'bye', claims: {} }
  t.equal(party.endSessionUrl({ ...parameters, idTokenHint: 'x' }), undefined, 'not discovered')
  const { result, browser } = await signIn(party)
  const url = party.endSessionUrl({ ...parameters, idTokenHint: result.tokens.idToken }) ?? ''
  const asked = new URL(url)
  t.equal(asked.origin + asked.pathname, `${provider.issuer}/session/end`)
  t.same(Object.fromEntries(asked.searchParams), {
    id_token_hint: result.tokens.idToken,
    client_id: 'app',
    post_logout_redirect_uri: 'http://127.0.0.1:9/',
    state: 'bye',
  })
  const page = await browser(url)
  t.equal(page.status, 200)
  const xsrf = /name="xsrf" value="([^"]*)"/.exec(await page.text())?.[1] ?? ''
  const done = await browser(`${provider.issuer}/session/end/confirm`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ xsrf, logout: 'yes' }).toString(),
  })
  t.equal(done.headers.get('location'), 'http://127.0.0.1:9/?state=bye')
})

t.test('DISC-4 starts without the provider, says so, and heals by itself', async (t) => {
  const { provider, party } = await setUp(t)
  await provider.stop()
  t.match(party.readiness(), { ready: false, reason: /not finished/ })
  party.start()
  await t.rejects(party.beginLogin({ redirectUri, now: Date.now() }), {
    code: 'ERR_PROVIDER_UNAVAILABLE',
  })
  t.match(party.readiness(), { ready: false, reason: /ECONNREFUSED/ })
  await t.rejects(party.checkOnline(), { code: 'ERR_PROVIDER_UNAVAILABLE' })
  await provider.start()
  const { result } = await signIn(party)
  t.same(party.readiness(), { ready: true })
  await provider.stop()
  t.same(party.readiness(), { ready: true }, 'the metadata stays')
  t.match(await party.beginLogin({ redirectUri, now: Date.now() }), { url: String })
  t.ok(result.tokens.accessToken)
})

t.test('a login may begin at one replica and end at another', async (t) => {
  const { party, config } = await setUp(t)
  const replica = createRelyingParty(config, { neededClaims, logger })
  t.teardown(() => replica.stop())
  const { url, transaction } = await party.beginLogin({ redirectUri, now: Date.now() })
  const callback = new URL(await signInAtProvider(createJarFetch(), url, 'carol'))
  const answer = { redirectUri, parameters: callback.searchParams, transaction, now: Date.now() }
  const results = await Promise.allSettled([party.finishLogin(answer), replica.finishLogin(answer)])
  const statuses = results.map(({ status }) => status)
  t.ok(statuses.includes('rejected'), 'at most one of two callbacks with one code signs in')
})

t.test('a form_post response is taken like any other', async (t) => {
  const { provider, party } = await setUp(t, { responseMode: 'form_post' })
  const { url, transaction } = await party.beginLogin({ redirectUri, now: Date.now() })
  const browser = createJarFetch()
  const start = await browser(url)
  const form = new URL(start.headers.get('location') ?? '', provider.issuer).href
  const finished = await browser(form, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'login=alice',
  })
  const page = await (await browser(finished.headers.get('location') ?? '')).text()
  const fields = [...page.matchAll(/name="([^"]+)" value="([^"]*)"/g)]
  const parameters = new URLSearchParams(fields.map(([, name = '', value = '']) => [name, value]))
  t.ok(parameters.has('code'))
  const answer = { redirectUri, parameters, transaction, now: Date.now() }
  t.match(await party.finishLogin(answer), { identity: { sub: 'alice' } })
})

t.test('checkOnline reads metadata and keys of a real provider', async (t) => {
  const { provider, party } = await setUp(t)
  await party.checkOnline()
  t.same(provider.requests, ['GET /.well-known/openid-configuration', 'GET /jwks'])
})
