import t from 'tap'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { signInAtProvider } from '../helpers/provider.js'
import { asNavigation, signIn, startStack } from '../helpers/stack.js'
import { startUpstream } from '../helpers/upstream.js'

t.setTimeout(60_000)

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
      headers: {
        ...asNavigation,
        'sec-fetch-site': 'same-origin',
        'content-type': 'application/x-www-form-urlencoded',
      },
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
