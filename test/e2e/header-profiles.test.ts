import { createRemoteJWKSet, jwtVerify } from 'jose'
import t from 'tap'
import { signIn, startStack } from '../helpers/stack.js'
import { parseEcho, startUpstream } from '../helpers/upstream.js'

t.setTimeout(120_000)

const application = await startUpstream()
t.teardown(() => application.close())
const upstream = application.url
const audience = 'https://app.example.com'
const user = { userClaim: 'email' }

const stack = await startStack(t, {
  config: {
    trustedProxies: ['127.0.0.1'],
    routes: [
      {
        match: { path: '/authelia/' },
        forward: { identityHeaders: 'authelia', ...user },
        upstream,
      },
      {
        match: { path: '/pomerium/' },
        forward: { identityHeaders: 'pomerium', assertion: { audience } },
        upstream,
      },
      {
        match: { path: '/claims/' },
        forward: { headers: { 'X-Mail': 'email', 'X-Forwarded-User': 'email' } },
        upstream,
      },
      {
        match: { path: '/basic/' },
        forward: { accessToken: 'none', basicAuth: { password: 'secret' }, ...user },
        upstream,
      },
    ],
  },
})
const { publicUrl } = stack
const { client } = await signIn(stack, 'alice', { path: '/authelia/' })

const through = async (path: string) =>
  parseEcho(await (await client(`${publicUrl}${path}`)).text()).headers

/** What Traefik and Caddy are told, and what nginx is. */
async function asked(endpoint: 'forward-auth' | 'auth', path: string) {
  const names =
    endpoint === 'auth'
      ? { 'x-original-method': 'GET', 'x-original-url': path }
      : { 'x-forwarded-method': 'GET', 'x-forwarded-uri': path, 'x-forwarded-host': 'localhost' }
  const response = await client(`${publicUrl}/oauth2/${endpoint}`, { headers: names })
  return Object.fromEntries(response.headers)
}

t.test('an application gets the names that it knows, by every way', async (t) => {
  const expected = {
    'remote-user': 'alice@example.com',
    'remote-email': 'alice@example.com',
    'remote-groups': 'staff,admins',
  }
  t.match(await through('/authelia/'), expected)
  t.match(await asked('forward-auth', '/authelia/'), expected)
  t.match(await asked('auth', '/authelia/'), expected)
  t.notOk('x-forwarded-user' in (await through('/authelia/')))
})

t.test('the assertion has the name of the profile, and Valetkey’s keys', async (t) => {
  const headers = await through('/pomerium/')
  t.match(headers, { 'x-pomerium-claim-email': 'alice@example.com' })
  t.notOk('x-valetkey-assertion' in headers)
  const keys = createRemoteJWKSet(new URL(`${publicUrl}/oauth2/jwks`))
  const assertion = String(headers['x-pomerium-jwt-assertion'])
  await t.resolves(jwtVerify(assertion, keys, { issuer: publicUrl, audience }))
  t.match(await asked('forward-auth', '/pomerium/'), { 'x-pomerium-jwt-assertion': /^eyJ/ })
})

t.test('a header for a claim takes the place of a usual one', async (t) => {
  const headers = await through('/claims/')
  t.match(headers, {
    'x-mail': 'alice@example.com',
    'x-forwarded-user': 'alice@example.com',
    'x-forwarded-email': 'alice@example.com',
  })
})

t.test('Basic credentials in the place of a token', async (t) => {
  const authorization = `Basic ${Buffer.from('alice@example.com:secret').toString('base64')}`
  t.equal((await through('/basic/')).authorization, authorization)
  t.equal((await asked('auth', '/basic/'))['authorization'], authorization)
})
