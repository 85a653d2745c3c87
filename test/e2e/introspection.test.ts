import t, { type Test } from 'tap'
import { request } from 'undici'
import { startAppInProcess } from '../helpers/app-in-process.js'
import { startProvider } from '../helpers/provider.js'
import { parseEcho, startUpstream } from '../helpers/upstream.js'

const api = 'https://api.example.com'
const otherApi = 'https://other-api.example.com'

/** A real provider whose access tokens are opaque, and a Valetkey that asks it about them. */
async function setUp(t: Test, introspection: true | 'signed') {
  const provider = await startProvider({
    apis: [api, otherApi],
    introspection,
    revocation: true,
    client: { grant_types: ['authorization_code', 'refresh_token', 'client_credentials'] },
  })
  t.teardown(() => provider.stop())
  const application = await startUpstream()
  t.teardown(() => application.close())
  const { issuer, clientId, clientSecret } = provider
  const { url } = await startAppInProcess(t, {
    providers: [
      {
        issuer,
        clientId,
        clientSecret,
        accessTokenVerification: 'auto',
        introspectionMaxAge: '0s',
        ...(introspection === 'signed' && { introspectionSignedResponseAlg: 'RS256' }),
      },
    ],
    routes: [
      {
        match: { path: '/write/' },
        bearer: { audiences: [api], scopes: ['write'] },
        upstream: application.url,
      },
      {
        match: { path: '/admins/' },
        bearer: { audiences: [api] },
        require: { groups: ['admins'] },
        upstream: application.url,
      },
      { bearer: { audiences: [api] }, upstream: application.url },
    ],
  })

  async function ask(path: string, token: string) {
    const response = await request(`${url}${path}`, {
      headers: { authorization: `Bearer ${token}` },
    })
    const { statusCode: status, headers } = response
    return { status, headers, text: await response.body.text() }
  }

  async function revoke(token: string): Promise<void> {
    const pair = [clientId, clientSecret].map(encodeURIComponent).join(':')
    const response = await fetch(`${issuer}/token/revocation`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
      body: new URLSearchParams({ token }),
    })
    if (!response.ok) throw new Error(await response.text())
  }
  const tokenOf = (login: string, scope = 'read', audience = api) =>
    provider.issueAccessToken(login, { api: audience, scope })
  return { provider, ask, revoke, tokenOf }
}

t.test('INTRO-1 an opaque token lets its client in, until it is revoked', async (t) => {
  const { ask, revoke, tokenOf } = await setUp(t, true)
  const token = await tokenOf('alice')
  t.notMatch(token, /\./, 'it is opaque')
  const { status, text } = await ask('/', token)
  t.equal(status, 200)
  t.match(parseEcho(text).headers, {
    'x-forwarded-user': 'alice',
    'x-forwarded-email': 'alice@example.com',
    'x-forwarded-groups': 'staff,admins',
    authorization: `Bearer ${token}`,
  })
  t.equal((await ask('/write/', token)).status, 403)
  t.equal((await ask('/write/', await tokenOf('alice', 'read write'))).status, 200)
  t.equal((await ask('/admins/', token)).status, 200)
  t.equal((await ask('/admins/', await tokenOf('bob'))).status, 403)
  t.equal((await ask('/', await tokenOf('alice', 'read', otherApi))).status, 401)

  await revoke(token)
  const refused = await ask('/', token)
  t.equal(refused.status, 401)
  t.match(refused.headers['www-authenticate'], /error="invalid_token"/)
  t.equal((await ask('/', 'made-up')).status, 401)
})

t.test('INTRO-2 a provider that is away is 503, and nobody gets in', async (t) => {
  const { provider, ask, tokenOf } = await setUp(t, true)
  const token = await tokenOf('alice')
  t.equal((await ask('/', token)).status, 200)
  await provider.stop()
  const { status, headers } = await ask('/', token)
  t.equal(status, 503)
  t.equal(headers['x-valetkey-answer'], 'ERR_BEARER_UNAVAILABLE')
  t.match(headers['retry-after'], /^[1-9]/)
  await provider.start()
  t.equal((await ask('/', token)).status, 200)
})

t.test('INTRO-3 a real provider signs its answers', async (t) => {
  const { ask, revoke, tokenOf } = await setUp(t, 'signed')
  const token = await tokenOf('alice')
  const { status, text } = await ask('/', token)
  t.equal(status, 200)
  t.match(parseEcho(text).headers, { 'x-forwarded-user': 'alice' })
  await revoke(token)
  t.equal((await ask('/', token)).status, 401)
})
