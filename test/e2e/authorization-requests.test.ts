import t from 'tap'
import { startAppInProcess } from '../helpers/app-in-process.js'
import { forgeToken, signingKey, startHostileProvider } from '../helpers/hostile-provider.js'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { asNavigation } from '../helpers/stack.js'

/** A whole Valetkey before a provider that does what the test says. */
async function startWithHostile(
  t: Tap,
  settings: Record<string, unknown>,
  require?: Record<string, unknown>,
) {
  const provider = await startHostileProvider()
  t.teardown(() => provider.stop())
  provider.metadata['pushed_authorization_request_endpoint'] = `${provider.issuer}/par`
  const upstream = 'http://127.0.0.1:9'
  const app = await startAppInProcess(t, {
    providers: [{ issuer: provider.issuer, clientId: 'app', clientSecret: 's', ...settings }],
    routes: [{ match: { path: '/' }, upstream, ...(require && { require }) }],
  })
  const client = createJarFetch()
  const get = (path: string) => client(app.url + path, { headers: asNavigation })
  return { provider, get, url: app.url }
}
type Tap = Parameters<typeof startAppInProcess>[0]

t.test('PAR-4 who wants to sign in sees that the provider does not take it now', async (t) => {
  const { provider, get } = await startWithHostile(t, { pushedAuthorizationRequests: 'always' })
  const cases = [
    [429, '17', 503, '17', 'ERR_PROVIDER_UNAVAILABLE'],
    [503, '', 503, '5', 'ERR_PROVIDER_UNAVAILABLE'],
    [413, '', 502, null, 'ERR_PROVIDER'],
    [400, '', 502, null, 'ERR_PROVIDER'],
  ] as const
  for (const [status, asks, shown, waits, answer] of cases) {
    const headers: Record<string, string> = asks === '' ? {} : { 'retry-after': asks }
    provider.answers.set('/par', { status, headers, body: '{"error":"invalid_request"}' })
    const response = await get('/oauth2/start?rd=/page')
    t.equal(response.status, shown)
    t.equal(response.headers.get('retry-after'), waits)
    t.equal(response.headers.get('x-valetkey-answer'), answer)
    t.equal(response.headers.get('location'), null, 'nothing goes through the browser instead')
    t.match(await response.text(), /login service/)
  }
  provider.answers.delete('/par')
  const healed = await get('/oauth2/start?rd=/page')
  t.match(healed.headers.get('location'), /\/authorize\?client_id=app&request_uri=urn|request_uri=/)
})

t.test('B16-10 of an address that anybody can make only what is configured passes', async (t) => {
  const { get } = await startWithHostile(t, { startParameters: { hd: ['corp.example'] } })
  const started = await get('/oauth2/start?hd=corp.example&scope=admin&login_hint=x&nonce=1')
  const asked = new URL(started.headers.get('location') ?? '').searchParams
  t.equal(asked.get('hd'), 'corp.example')
  t.equal(asked.get('scope'), 'openid profile email')
  t.not(asked.get('nonce'), '1')
  t.notOk(asked.has('login_hint'))
  for (const query of ['hd=evil.example', 'hd=corp.example&hd=corp.example']) {
    const refused = await get(`/oauth2/start?${query}`)
    t.equal(refused.status, 400)
    t.equal(refused.headers.get('x-valetkey-answer'), 'ERR_REQUEST')
    t.notOk(refused.headers.has('set-cookie'))
  }
})

t.test('CORE-23 a provider that would have to ask ends the login, and nothing loops', async (t) => {
  const { get, provider } = await startWithHostile(t, {})
  for (const error of ['login_required', 'consent_required', 'interaction_required']) {
    const started = await get('/oauth2/start?rd=/page')
    const { searchParams } = new URL(started.headers.get('location') ?? '')
    const answer = new URLSearchParams({ error, state: searchParams.get('state') ?? '' })
    const response = await get(`/oauth2/callback?${answer.toString()}`)
    t.equal(response.status, 401)
    t.equal(response.headers.get('x-valetkey-answer'), 'ERR_CALLBACK_INTERACTION')
    t.equal(response.headers.get('location'), null)
    t.match(await response.text(), /Start the sign-in again/)
  }
  t.equal(provider.callsTo('/token'), 0)
})

t.test('JARM-1 the login is found by the state within the token', async (t) => {
  const { get, provider } = await startWithHostile(t, { responseMode: 'query.jwt' })
  const begin = async () => {
    const started = await get('/oauth2/start?rd=/page')
    return provider.authorize(started.headers.get('location') ?? '')
  }
  const signed = (parameters: URLSearchParams, iss = provider.issuer) => {
    const exp = Math.floor(Date.now() / 1000) + 600
    const claims = { iss, aud: 'app', exp, ...Object.fromEntries(parameters) }
    const header = { alg: 'RS256', kid: signingKey.kid }
    return forgeToken(header, claims, signingKey.privateKey)
  }
  const good = `/oauth2/callback?response=${signed(await begin())}`
  const finished = await get(good)
  t.equal(finished.headers.get('x-valetkey-answer'), 'LOGIN_FINISHED')
  t.equal(finished.headers.get('location'), '/page')
  const again = await get(good)
  t.equal(again.headers.get('location'), '/page', 'a second time it leads on without a login')
  t.equal(provider.callsTo('/token'), 1)

  const foreign = await get(
    `/oauth2/callback?response=${signed(await begin(), 'https://x.example')}`,
  )
  t.equal(foreign.status, 400)
  t.equal(foreign.headers.get('x-valetkey-answer'), 'ERR_CALLBACK')
  const plain = await get(`/oauth2/callback?${(await begin()).toString()}`)
  t.equal(plain.status, 400)
  t.equal(provider.callsTo('/token'), 1)
})

t.test('who is asked for more at once, and never keeps the session, is told so', async (t) => {
  const { provider, url } = await startWithHostile(t, {}, { acr: ['mfa'] })
  provider.claims = { acr: 'mfa' }
  let trail = ''
  const answers: (string | null)[] = []
  for (let round = 0; round < 3; round++) {
    const client = createJarFetch()
    const get = (path: string) =>
      client(new URL(path, url).href, {
        headers: {
          ...asNavigation,
          host: 'localhost',
          cookie: `${client.cookieFor(url)}; ${trail}`,
        },
      })
    const asked = await get('/page')
    const started = await get(
      (asked.headers.get('location') ?? '').replace(/^https?:.*?(?=\/oauth2)/, ''),
    )
    const login = started.headers.get('location') ?? ''
    t.equal(new URL(login).searchParams.get('acr_values'), 'mfa')
    const finished = await get(`/oauth2/callback?${provider.authorize(login).toString()}`)
    answers.push(finished.headers.get('x-valetkey-answer'))
    const cookies = finished.headers.getSetCookie()
    trail = cookies.find((each) => /-trail=/.test(each))?.split(';', 1)[0] ?? ''
  }
  t.strictSame(answers, ['LOGIN_FINISHED', 'LOGIN_FINISHED', 'ERR_CALLBACK_LOOP'])
})
