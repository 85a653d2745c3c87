import { decodeJwt } from 'jose'
import t from 'tap'
import type { ProviderConfig } from '../../src/config/schema.js'
import { setUpHostile, redirectUri } from './hostile-login.js'
import { setUp, signIn } from './real-login.js'

/** What a request asks for that begins at a start URL with this query. */
async function askedFor(
  t: Parameters<typeof setUpHostile>[0],
  settings: Partial<ProviderConfig>,
  query = '',
): Promise<URLSearchParams> {
  const { party } = await setUpHostile(t, settings)
  const hints = party.hintsIn(new URLSearchParams(query))
  const { url } = await party.beginLogin({ redirectUri, hints, now: Date.now() })
  return new URL(url).searchParams
}

t.test('CORE-1 what every authorization request has, and never twice the same', async (t) => {
  const { party } = await setUpHostile(t, { scopes: ['openid', 'email'] })
  const begin = async () => {
    const { url } = await party.beginLogin({ redirectUri, now: Date.now() })
    return new URL(url).searchParams
  }
  const [first, second] = [await begin(), await begin()]
  t.match(Object.fromEntries(first), {
    response_type: 'code',
    client_id: 'app',
    scope: 'openid email',
    redirect_uri: redirectUri,
    code_challenge_method: 'S256',
  })
  for (const name of ['state', 'nonce', 'code_challenge']) {
    t.match(first.get(name), /^[\w-]{43,}$/, `${name}: 256 bits`)
    t.not(first.get(name), second.get(name))
  }
  t.equal(new Set(first.keys()).size, first.size, 'no parameter twice')
})

t.test('extra parameters go with each request', async (t) => {
  const asked = await askedFor(t, {
    extraParameters: { audience: 'https://api.example', x: 'a b' },
  })
  t.match(Object.fromEntries(asked), { audience: 'https://api.example', x: 'a b' })
})

t.test('B16-9 extra parameters never take the place of core ones', async (t) => {
  // The configuration refuses these; this is what stands behind it.
  const extra = { redirect_uri: 'https://evil.example', state: 'x', scope: 'admin', client_id: 'x' }
  const asked = await askedFor(
    t,
    {
      extraParameters: extra,
      startParameters: { redirect_uri: 'any', nonce: 'any' },
    },
    'redirect_uri=https://evil.example&nonce=x',
  )
  t.equal(new Set(asked.keys()).size, asked.size, 'none is there twice')
  t.match(Object.fromEntries(asked), { redirect_uri: redirectUri, scope: 'openid profile email' })
  for (const name of ['state', 'nonce']) t.not(asked.get(name), 'x')
})

t.test('B16-10 of a start URL only what is configured is passed on', async (t) => {
  const query =
    'scope=admin&redirect_uri=https://evil.example&acr_values=pwd&prompt=none&response_type=token&hd=x&login_hint=alice&ui_locales=de'
  const plain = await askedFor(t, {}, query)
  t.equal(plain.get('login_hint'), 'alice')
  t.equal(plain.get('ui_locales'), 'de')
  t.equal(plain.get('scope'), 'openid profile email')
  for (const name of ['acr_values', 'prompt', 'hd']) t.equal(plain.get(name), null, name)
  t.notOk(
    (await askedFor(t, { startParameters: {} }, query)).has('login_hint'),
    'or nothing at all',
  )
})

t.test('a start URL chooses among what the configuration lists', async (t) => {
  const settings: Partial<ProviderConfig> = {
    prompt: 'consent',
    extraParameters: { kc_idp_hint: 'github' },
    startParameters: {
      prompt: ['create'],
      kc_idp_hint: ['github', 'google'],
      hd: { pattern: '[a-z]+\\.example|x' },
    },
  }
  const asked = await askedFor(t, settings, 'prompt=create&kc_idp_hint=google&hd=corp.example')
  t.strictSame(asked.getAll('prompt'), ['create'])
  t.strictSame(asked.getAll('kc_idp_hint'), ['google'], 'in the place of the fixed one')
  t.strictSame(asked.getAll('hd'), ['corp.example'])
  t.equal((await askedFor(t, settings)).get('prompt'), 'consent')

  const { party } = await setUpHostile(t, settings)
  for (const query of [
    'prompt=none',
    'kc_idp_hint=evil',
    'kc_idp_hint=',
    'kc_idp_hint=google&kc_idp_hint=github',
    'hd=corp.example.evil',
    'hd=corp.example%0a',
    'hd=xx',
  ]) {
    t.throws(
      () => party.hintsIn(new URLSearchParams(query)),
      { code: 'ERR_REQUEST_PARAMETER' },
      query,
    )
  }
  const forced = await party.beginLogin({
    redirectUri,
    hints: party.hintsIn(new URLSearchParams('prompt=create')),
    stepUp: { forcesLogin: true },
    now: Date.now(),
  })
  t.equal(new URL(forced.url).searchParams.get('prompt'), 'login', 'a step-up insists')
})

t.test('any value is one that a page can show', async (t) => {
  const { party } = await setUpHostile(t)
  for (const value of ['', 'x'.repeat(257), 'a\nb', 'a\0b']) {
    const query = new URLSearchParams({ login_hint: value })
    t.throws(() => party.hintsIn(query), { code: 'ERR_REQUEST_PARAMETER' }, JSON.stringify(value))
  }
  const hints = party.hintsIn(new URLSearchParams({ login_hint: 'Zoë@example.com' }))
  t.strictSame([...hints], [['login_hint', 'Zoë@example.com']])
})

t.test('CORE-13 an essential acr that the claims parameter asks for must come back', async (t) => {
  const acr = { essential: true, values: ['mfa', 'phr'] }
  const claims = { id_token: { acr, email: null }, userinfo: { groups: { essential: true } } }
  const { provider, party, begin } = await setUpHostile(t, { claims })
  const { searchParams } = new URL((await begin()).url)
  t.strictSame(JSON.parse(searchParams.get('claims') ?? ''), claims)
  t.notOk(searchParams.has('acr_values'))
  for (const [claim, isGood] of [
    ['mfa', true],
    ['pwd', false],
    [undefined, false],
  ] as const) {
    provider.claims = { acr: claim }
    const finished = begin().then((login) => party.finishLogin(login))
    if (isGood) t.match(await finished, { identity: { claims: { acr: 'mfa' } } })
    else await t.rejects(finished, { code: 'ERR_ID_TOKEN_ACR' })
  }
})

t.test('CORE-13 an essential acr without values is any, a voluntary one none', async (t) => {
  const any = await setUpHostile(t, { claims: { id_token: { acr: { essential: true } } } })
  await t.rejects(any.logIn(), { code: 'ERR_ID_TOKEN_ACR' })
  any.provider.claims = { acr: 'whatever' }
  t.match(await any.logIn(), { identity: { sub: 'alice' } })
  const one = await setUpHostile(t, {
    claims: { id_token: { acr: { essential: true, value: 'a' } } },
  })
  one.provider.claims = { acr: 'b' }
  await t.rejects(one.logIn(), { code: 'ERR_ID_TOKEN_ACR' })
  const voluntary = await setUpHostile(t, { claims: { id_token: { acr: { values: ['mfa'] } } } })
  t.match(await voluntary.logIn(), { identity: { sub: 'alice' } })
})

t.test('CORE-13 a step-up asks in the claims parameter where the settings do', async (t) => {
  const settings = { claims: { id_token: { acr: { values: ['pwd'] }, email: null } } }
  const { provider, party } = await setUpHostile(t, settings)
  const login = { redirectUri, stepUp: { acrValues: ['mfa'] }, now: Date.now() }
  const { url, transaction } = await party.beginLogin(login)
  const { searchParams } = new URL(url)
  t.strictSame(JSON.parse(searchParams.get('claims') ?? ''), {
    id_token: { acr: { essential: true, values: ['mfa'] }, email: null },
  })
  t.notOk(searchParams.has('acr_values'))
  provider.claims = { acr: 'pwd' }
  const answer = { ...login, transaction, parameters: provider.authorize(url) }
  await t.rejects(party.finishLogin(answer), { code: 'ERR_ID_TOKEN_ACR' })
})

t.test('CORE-13 a real provider understands the claims parameter', async (t) => {
  const claims = { id_token: { acr: { essential: true, values: ['mfa'] } } }
  const { party } = await setUp(t, { claims }, { claimsParameter: true })
  t.match((await signIn(party)).result, { identity: { claims: { acr: 'mfa' } } })
})

t.test('RES-1 resources go with the authorization, the code and the refresh', async (t) => {
  const resources = ['https://api.example/', 'urn:example:mail']
  const { provider, party, begin, session } = await setUpHostile(t, { resources })
  const { url } = await begin()
  t.strictSame(new URL(url).searchParams.getAll('resource'), resources)
  const signedIn = await session()
  t.match(await party.refresh(signedIn, Date.now()), { kind: 'refreshed' })
  const sent = provider.calls.filter(({ path }) => path === '/token').map(({ form }) => form)
  t.strictSame(
    sent.map((form) => form.get('grant_type')),
    ['authorization_code', 'refresh_token'],
  )
  for (const form of sent) t.strictSame(form.getAll('resource'), resources)
})

t.test('RES-1 a real provider gives a token for the resource', async (t) => {
  const api = 'https://api.example/'
  const { party } = await setUp(
    t,
    { resources: [api], userinfo: 'never', scopes: ['openid'] },
    { apis: [api] },
  )
  const { result } = await signIn(party)
  t.equal(decodeJwt(result.tokens.accessToken).aud, api)
  const { identity, tokens } = result
  const createdAt = Date.now()
  const session = { schema: 1, identity, tokens, createdAt, endsAt: createdAt + 60_000 } as const
  const refreshed = await party.refresh(session, Date.now())
  if (refreshed.kind !== 'refreshed') throw new Error(JSON.stringify(refreshed))
  t.equal(decodeJwt(refreshed.tokens.accessToken).aud, api)
})

t.test('RES-1 a resource that the provider does not know is told as such', async (t) => {
  const { provider, party, begin, session } = await setUpHostile(t, { resources: ['urn:x'] })
  const code = 'ERR_PROVIDER_REJECTED_REQUEST'
  const login = await begin()
  const parameters = new URLSearchParams({
    error: 'invalid_target',
    state: login.transaction.state,
  })
  await t.rejects(party.finishLogin({ ...login, parameters }), { code })
  const signedIn = await session()
  provider.answers.set('/token', { status: 400, body: '{"error":"invalid_target"}' })
  await t.rejects(party.finishLogin(await begin()), { code, providerError: 'invalid_target' })
  t.match(
    await party.refresh(signedIn, Date.now()),
    { kind: 'unavailable' },
    'nobody is signed out',
  )
})

t.test('CORE-23 a provider that would have to ask is told apart', async (t) => {
  const { party, begin, provider } = await setUpHostile(t)
  for (const error of [
    'login_required',
    'consent_required',
    'interaction_required',
    'account_selection_required',
  ]) {
    const login = await begin()
    const parameters = new URLSearchParams({ error, state: login.transaction.state })
    await t.rejects(party.finishLogin({ ...login, parameters }), {
      code: 'ERR_CALLBACK_INTERACTION',
      providerError: error,
    })
  }
  t.equal(provider.callsTo('/token'), 0)
})
