import t from 'tap'
import { startAppInProcess } from '../helpers/app-in-process.js'
import { startHostileProvider } from '../helpers/hostile-provider.js'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { asNavigation } from '../helpers/stack.js'

/** A whole Valetkey before a provider that does what the test says. */
async function startWithHostile(t: Tap, settings: Record<string, unknown>) {
  const provider = await startHostileProvider()
  t.teardown(() => provider.stop())
  provider.metadata['pushed_authorization_request_endpoint'] = `${provider.issuer}/par`
  const upstream = 'http://127.0.0.1:9'
  const app = await startAppInProcess(t, {
    providers: [{ issuer: provider.issuer, clientId: 'app', clientSecret: 's', ...settings }],
    routes: [{ match: { path: '/' }, upstream }],
  })
  const client = createJarFetch()
  const get = (path: string) => client(app.url + path, { headers: asNavigation })
  return { provider, get }
}
type Tap = Parameters<typeof startAppInProcess>[0]

t.test('PAR-4 who wants to sign in sees that the provider does not take it now', async (t) => {
  const { provider, get } = await startWithHostile(t, { pushedAuthorizationRequests: 'always' })
  const cases = [
    [429, '17', 503, '17', 'ERR_PROVIDER_UNAVAILABLE'],
    [503, '', 503, '2', 'ERR_PROVIDER_UNAVAILABLE'],
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
