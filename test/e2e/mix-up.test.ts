import t from 'tap'
import { startHostileProvider } from '../helpers/hostile-provider.js'
import { createJarFetch, type JarFetch } from '../helpers/jar-fetch.js'
import { signInAtProvider } from '../helpers/provider.js'
import {
  callbackOf,
  signInWith,
  startRealProvider,
  startSeveral,
  visit,
  whoIs,
} from '../helpers/several.js'

t.setTimeout(120_000)

/** The attacker runs one of two providers; the person has an account at the other, a real one. */
const honest = await startRealProvider(t)
const hostile = await startHostileProvider()
t.teardown(() => hostile.stop())
const site = await startSeveral(t, { honest, hostile })
const { publicUrl } = site
const callbacks = {
  honest: callbackOf(publicUrl, 'honest'),
  hostile: callbackOf(publicUrl, 'hostile'),
}

const tokenCalls = () => ({
  honest: honest.tokenRequests.length,
  hostile: hostile.callsTo('/token'),
})

/** The authorization request of a login that the person begins. */
async function begin(client: JarFetch, provider: string): Promise<URL> {
  const { location } = await visit(site, `/oauth2/start?provider=${provider}`, { client })
  return new URL(location)
}

/** The same request, which the attacker sends on to the honest provider in the name of its client. */
function toHonest(asked: URL, redirectUri: string): string {
  const url = new URL(`${honest.issuer}/auth`)
  url.search = asked.search
  url.searchParams.set('client_id', honest.clientId)
  url.searchParams.set('redirect_uri', redirectUri)
  return url.href
}

t.test('BCP-3 each of several providers has a redirect URI of its own', async (t) => {
  for (const id of ['honest', 'hostile'] as const) {
    const asked = await begin(createJarFetch(), id)
    t.equal(asked.searchParams.get('redirect_uri'), callbacks[id])
    t.equal(asked.searchParams.get('login_hint'), null)
  }
  const { client, callback } = await signInWith(site, 'honest', 'alice', { returnTo: '/page' })
  t.match(callback, { status: 302, location: `${publicUrl}/page` })
  t.equal(await whoIs(site, client), 'honest alice')
})

t.test(
  'BCP-3 an honest answer to a login at a hostile provider goes to no token endpoint',
  async (t) => {
    const bends: Record<string, (callback: URL) => void> = {
      'with its iss': () => {},
      'ISS-1 without iss': ({ searchParams }) => searchParams.delete('iss'),
      'with the iss of the hostile one': ({ searchParams }) =>
        searchParams.set('iss', hostile.issuer),
      'ISS-2 as an error': ({ searchParams }) => {
        searchParams.delete('code')
        searchParams.set('error', 'access_denied')
      },
      'ISS-3 at the redirect URI of the hostile one': (url) => {
        url.pathname = new URL(callbacks.hostile).pathname
      },
      'at the plain redirect URI, without iss': (url) => {
        url.pathname = new URL(callbackOf(publicUrl)).pathname
        url.searchParams.delete('iss')
      },
    }
    for (const [title, bend] of Object.entries(bends)) {
      const client = createJarFetch()
      const before = tokenCalls()
      const asked = await begin(client, 'hostile')
      const back = await signInAtProvider(client, toHonest(asked, callbacks.honest), 'alice')
      const callback = new URL(back)
      t.equal(callback.searchParams.get('iss'), honest.issuer, 'which is what a real one sends')
      bend(callback)
      const answer = await visit(site, callback.href, { client })
      t.match(answer, { status: 400, answer: 'ERR_CALLBACK', location: '' }, title)
      t.same(tokenCalls(), before, `${title}: no code goes anywhere`)
      t.equal(await whoIs(site, client), undefined, title)
    }
  },
)

t.test('BCP-3 the honest provider sends nobody to the redirect URI of another', async (t) => {
  const client = createJarFetch()
  const asked = await begin(client, 'hostile')
  for (const uri of [callbacks.hostile, callbackOf(publicUrl)]) {
    await t.rejects(signInAtProvider(client, toHonest(asked, uri), 'alice'), /redirect_uri/)
  }
})

t.test('BCP-3 metadata that name the login page of another provider lead nowhere', async (t) => {
  const { authorization_endpoint: own } = hostile.metadata
  hostile.metadata['authorization_endpoint'] = `${honest.issuer}/auth`
  const lying = await startSeveral(t, { honest, hostile })
  const client = createJarFetch()
  const { location } = await visit(lying, '/oauth2/start?provider=hostile', { client })
  t.ok(location.startsWith(honest.issuer))
  await t.rejects(signInAtProvider(client, location, 'alice'), /redirect_uri/)
  hostile.metadata['authorization_endpoint'] = own
})

t.test('BCP-3 a hostile answer to a login at an honest provider is refused', async (t) => {
  for (const [path, iss] of [
    [callbacks.hostile, undefined],
    [callbacks.hostile, honest.issuer],
    [callbacks.honest, undefined],
    [callbacks.honest, hostile.issuer],
  ] as const) {
    const client = createJarFetch()
    const before = tokenCalls()
    const asked = await begin(client, 'honest')
    const callback = new URL(path)
    for (const [name, value] of hostile.authorize(asked.href))
      callback.searchParams.set(name, value)
    if (iss !== undefined) callback.searchParams.set('iss', iss)
    t.match(await visit(site, callback.href, { client }), { status: 400, answer: 'ERR_CALLBACK' })
    t.same(tokenCalls(), before)
  }
})

t.test('a login that began before there were several providers ends as it began', async (t) => {
  const before = await startSeveral(t, { honest })
  const client = createJarFetch()
  const { location } = await visit(before, '/oauth2/start', { client })
  t.equal(new URL(location).searchParams.get('redirect_uri'), callbackOf(before.publicUrl))
  const back = await signInAtProvider(client, location, 'alice')
  await before.app.close()
  const after = await startSeveral(t, { honest, hostile }, { publicUrl: before.publicUrl })
  t.match(await visit(after, back, { client }), { status: 302, answer: 'LOGIN_FINISHED' })
  t.equal(await whoIs(after, client), 'honest alice')
})

t.test('the provider that was there first can keep its redirect URI', async (t) => {
  const settings = { honest: { plainCallback: true } }
  const kept = await startSeveral(t, { honest, hostile }, { settings })
  honest.redirectUris.add(callbackOf(kept.publicUrl))
  const { client } = await signInWith(kept, 'honest', 'bob')
  t.equal(await whoIs(kept, client), 'honest bob')
  const { location } = await visit(kept, '/oauth2/start?provider=hostile')
  t.equal(new URL(location).searchParams.get('redirect_uri'), callbackOf(kept.publicUrl, 'hostile'))
})
