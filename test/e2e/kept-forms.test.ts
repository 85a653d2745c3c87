import t from 'tap'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { signInAtProvider } from '../helpers/provider.js'
import { startRedis } from '../helpers/redis-server.js'
import { asNavigation, signIn, startStack } from '../helpers/stack.js'
import { startUpstream } from '../helpers/upstream.js'

t.setTimeout(60_000)

const asForm = {
  ...asNavigation,
  'sec-fetch-site': 'same-origin',
  'content-type': 'application/x-www-form-urlencoded',
}

t.test('ING-8 the form of a person whose session was refused goes to nobody else', async (t) => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const { publicUrl, provider } = await startStack(t, {
    provider: { accessTokenTtlSeconds: 1 },
    config: { routes: [{ match: { path: '/' }, upstream: upstream.url, keepForms: true }] },
  })

  /** Alice's refresh token is refused when she sends a form; then somebody signs in in that browser. */
  async function sendThenSignIn(login: string) {
    const { client } = await signIn({ publicUrl }, 'alice', { client: createJarFetch() })
    // Access tokens run out by the clock and by nothing else.
    await new Promise((resolve) => setTimeout(resolve, 1100))
    provider.failTokenEndpoint(400, {}, JSON.stringify({ error: 'invalid_grant' }))
    const kept = await client(`${publicUrl}/save`, {
      method: 'POST',
      headers: asForm,
      body: 'a=of+alice',
    })
    t.equal(kept.status, 303)
    t.equal(kept.headers.get('x-valetkey-answer'), 'FORM_KEPT')
    provider.healTokenEndpoint()
    // The provider has forgotten who was signed in there.
    const browser = createJarFetch()
    const start = new URL(kept.headers.get('location') ?? '', publicUrl).href
    const cookies = client.cookieFor(publicUrl)
    const started = await browser(start, { headers: { ...asNavigation, cookie: cookies } })
    const callback = await signInAtProvider(browser, started.headers.get('location') ?? '', login)
    const cookie = `${browser.cookieFor(publicUrl)}; ${cookies}`
    const answer = await browser(callback, { headers: { ...asNavigation, cookie } })
    return { name: answer.headers.get('x-valetkey-answer'), page: await answer.text() }
  }

  const others = await sendThenSignIn('bob')
  t.equal(others.name, 'FORM_LOST')
  t.notMatch(others.page, 'of alice')
  const hers = await sendThenSignIn('alice')
  t.equal(hers.name, 'FORM_RESUMED')
  t.match(hers.page, 'value="of alice"')
  t.notOk(
    upstream.requests.some(({ method }) => method === 'POST'),
    'the browser is to send it',
  )
})

t.test('ING-8 a form that Redis cannot give just now waits for the next try', async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const { publicUrl } = await startStack(t, {
    redis,
    config: { routes: [{ match: { path: '/' }, upstream: upstream.url, keepForms: true }] },
  })
  const browser = createJarFetch()
  const kept = await browser(`${publicUrl}/save`, { method: 'POST', headers: asForm, body: 'a=1' })
  const operator = redis.client()

  await operator.call('ACL', 'SETUSER', 'default', '-getdel')
  const answer = await login(kept.headers.get('location') ?? '')
  t.equal(answer.status, 503)
  t.equal(answer.headers.get('x-valetkey-answer'), 'ERR_STORE_UNAVAILABLE')
  const [, again = ''] = /href="([^"]*form=[^"]*)"/.exec(await answer.text()) ?? []
  t.match(again, '/oauth2/start?')

  await operator.call('ACL', 'SETUSER', 'default', '+getdel')
  const resumed = await login(again.replaceAll('&amp;', '&'))
  t.equal(resumed.headers.get('x-valetkey-answer'), 'FORM_RESUMED')
  t.match(await resumed.text(), 'name="a" value="1"')

  async function login(start: string) {
    const headers = asNavigation
    const started = await browser(new URL(start, publicUrl).href, { headers })
    const callback = await signInAtProvider(browser, started.headers.get('location') ?? '', 'alice')
    return browser(callback, { headers })
  }
})
