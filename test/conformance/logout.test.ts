import t, { type Test } from 'tap'
import { createTestKey, startHostileProvider } from '../helpers/hostile-provider.js'
import { createJarFetch, type JarFetch } from '../helpers/jar-fetch.js'
import { forgedLogoutToken, logoutEvent, logoutTokenOf } from '../helpers/logout-tokens.js'
import { startProduct } from './product.js'

t.setTimeout(120_000)

const provider = await startHostileProvider()
t.teardown(() => provider.stop())
const trusted = { id: 'corp', provider }
const product = await startProduct(t, [trusted])
const { publicUrl, visit } = product
let people = 0

/** Somebody who is signed in, with a `sid` of their own. */
async function signIn(): Promise<{ client: JarFetch; sid: string }> {
  const sid = `sid-${people++}`
  provider.claims = { sid }
  const client = createJarFetch()
  await product.logIn(trusted, client)
  return { client, sid }
}

const isSignedIn = async (client: JarFetch) => (await visit(client, '/')).status === 200

/** Signs out here, which leads to the provider, and gives what it is asked there. */
async function signOut(t: Test, client: JarFetch): Promise<URLSearchParams> {
  const seen = await visit(client, '/oauth2/sign_out?rd=/goodbye')
  t.ok(seen.location?.startsWith(`${provider.issuer}/logout?`))
  t.notOk(await isSignedIn(client), 'signed out before the provider is asked')
  const asked = new URL(seen.location ?? '').searchParams
  t.match(asked.get('id_token_hint'), /^[\w-]+\.[\w-]+\.[\w-]+$/)
  t.equal(asked.get('client_id'), 'app')
  t.equal(asked.get('post_logout_redirect_uri'), `${publicUrl}/oauth2/signed_out`)
  return asked
}

const comeBack = (client: JarFetch, query: string) => visit(client, `/oauth2/signed_out${query}`)

t.test('oidcc-client-rp-initiated-logout-rp-basic', async (t) => {
  t.test('oidcc-client-test-rp-init-logout', async (t) => {
    const { client } = await signIn()
    const state = (await signOut(t, client)).get('state') ?? ''
    const query = new URLSearchParams({ state }).toString()
    t.match(await comeBack(client, `?${query}`), { answer: 'SIGNED_OUT', location: '/goodbye' })
  })
  t.test('oidcc-client-test-rp-init-logout-no-state', async (t) => {
    const { client } = await signIn()
    await signOut(t, client)
    t.match(await comeBack(client, ''), { answer: 'SIGNED_OUT', status: 200 })
  })
  t.test('oidcc-client-test-rp-init-logout-other-state', async (t) => {
    const { client } = await signIn()
    await signOut(t, client)
    t.match(await comeBack(client, '?state=random'), { answer: 'SIGNED_OUT', status: 200 })
  })
})

async function send(logoutToken: string) {
  const response = await createJarFetch()(`${publicUrl}/oauth2/backchannel-logout`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ logout_token: logoutToken }).toString(),
  })
  await response.text()
  return { status: response.status, caching: response.headers.get('cache-control') }
}

const goodToken = (sid: string) => logoutTokenOf(provider, { sub: 'alice', sid, ignored_claim: 1 })

const done = { status: 200, caching: 'no-store' }
const refused = { status: 400, caching: 'no-store' }
const stranger = createTestKey('key-1', 'ES256')

t.test('oidcc-client-back-channel-logout-rp-basic', async (t) => {
  t.test('oidcc-client-test-rp-backchannel-rpinitlogout', async (t) => {
    const [here, elsewhere] = [await signIn(), await signIn()]
    await signOut(t, here.client)
    t.strictSame(await send(goodToken(here.sid)), done, 'who is signed out already, is')
    t.ok(await isSignedIn(elsewhere.client))
    t.strictSame(await send(goodToken(elsewhere.sid)), done)
    t.notOk(await isSignedIn(elsewhere.client))
  })
  for (const [name, claims, header, key] of [
    ['oidcc-client-test-rp-backchannel-rpinitlogout-alg-none', {}, { alg: 'none' }],
    ['oidcc-client-test-rp-backchannel-rpinitlogout-no-event', { events: undefined }],
    ['oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce', { nonce: 'x' }],
    [
      'oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg',
      {},
      { alg: 'ES256', kid: undefined },
      stranger.privateKey,
    ],
    ['oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud', { aud: 'other' }],
    [
      'oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event',
      { events: { [`${logoutEvent}x`]: {} } },
    ],
    [
      'oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss',
      { iss: 'https://other.example.com' },
    ],
  ] as const) {
    t.test(name, async (t) => {
      const { client, sid } = await signIn()
      const bent = { sub: 'alice', sid, ...claims }
      t.strictSame(await send(forgedLogoutToken(provider, bent, header, key)), refused)
      t.ok(await isSignedIn(client))
    })
  }
})

const frame = (sid: string) =>
  visit(
    createJarFetch(),
    `/oauth2/frontchannel-logout?${new URLSearchParams({ iss: provider.issuer, sid }).toString()}`,
    { headers: { 'sec-fetch-dest': 'iframe', 'sec-fetch-site': 'cross-site' } },
  )

t.test('oidcc-client-front-channel-logout-rp-basic', async (t) => {
  t.test('oidcc-client-test-rp-frontchannel-rpinitlogout', async (t) => {
    const [here, elsewhere] = [await signIn(), await signIn()]
    await signOut(t, here.client)
    t.match(await frame(here.sid), { status: 200, answer: 'LOGGED_OUT' })
    t.ok(await isSignedIn(elsewhere.client))
  })
  t.test('oidcc-client-test-rp-frontchannel-opinitlogout', async (t) => {
    const [one, another] = [await signIn(), await signIn()]
    t.match(await frame(one.sid), { status: 200, answer: 'LOGGED_OUT' })
    t.notOk(await isSignedIn(one.client))
    t.ok(await isSignedIn(another.client))
  })
})
