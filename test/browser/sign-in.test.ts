import t from 'tap'
import {
  fetchHere,
  launchBrowser,
  openProfile,
  ownCookies,
  signInHere,
  watchTab,
} from '../helpers/browser.js'
import { startProvider } from '../helpers/provider.js'
import { startTlsFront } from '../helpers/tls-front.js'
import { publicPages, startWebStack } from '../helpers/web-application.js'

t.setTimeout(120_000)

const browser = await launchBrowser(t)

t.test('the sign-in page leads to the provider that was chosen', async (t) => {
  const providers = [
    { id: 'corp', name: 'Corporate login', provider: await startProvider() },
    // Of another host name, since cookies do not tell ports apart.
    { id: 'partner', name: 'Partners', provider: await startProvider({ hostname: 'localhost' }) },
  ]
  for (const { provider } of providers) t.teardown(() => provider.stop())
  const { publicUrl } = await startWebStack(t, {
    config: {
      providers: providers.map(({ id, name, provider }) => ({
        id,
        name,
        issuer: provider.issuer,
        clientId: provider.clientId,
        clientSecret: provider.clientSecret,
      })),
    },
  })
  for (const { id, provider } of providers) {
    provider.redirectUris.add(`${publicUrl}/oauth2/callback/${id}`)
    provider.postLogoutRedirectUris.add(`${publicUrl}/oauth2/signed_out`)
  }

  for (const { id, name, provider } of providers.toReversed()) {
    const page = await (await openProfile(t, browser)).newPage()
    await page.goto(`${publicUrl}/wanted?a=1&b=2#here`)
    t.equal(new URL(page.url()).pathname, '/oauth2/sign_in')
    t.equal(await page.getByRole('navigation').getByRole('link').count(), 2)
    await page.getByRole('link', { name }).click()
    await page.waitForURL(`${provider.issuer}/**`)
    await signInHere(page, 'alice')
    await page.waitForURL(`${publicUrl}/wanted?a=1&b=2**`)
    t.equal(new URL(page.url()).hash, '', 'a fragment never reaches a server, and a link ends it')
    t.match(JSON.parse((await fetchHere(page, '/oauth2/userinfo')).body), {
      provider: id,
      issuer: provider.issuer,
      sub: 'alice',
    })
  }
})

t.test('who lacks the group sees why, and can use another account', async (t) => {
  const { publicUrl, application } = await startWebStack(t, { require: { groups: ['staff'] } })
  const profile = await openProfile(t, browser)
  const page = await profile.newPage()
  await page.goto(`${publicUrl}/staff?only=1`)
  await signInHere(page, 'carol')
  await page.getByRole('heading', { name: 'You do not have access' }).waitFor()
  t.equal(page.url(), `${publicUrl}/staff?only=1`)
  t.match(await page.getByRole('main').innerText(), 'carol@example.com')
  const script = await profile.newPage()
  await script.goto(publicUrl + publicPages.plain)
  t.match(await fetchHere(script, '/api/whoami'), { status: 403, type: 'application/problem+json' })
  const seen = application.requests.map(({ url }) => url)
  t.same(seen, [publicPages.plain], 'nothing else is let through')

  await page.getByRole('button', { name: 'Use another account' }).click()
  await page.getByLabel('Login').waitFor()
  await signInHere(page, 'bob')
  await page.waitForURL(`${publicUrl}/staff?only=1`)
  t.match(JSON.parse((await fetchHere(page, '/api/whoami')).body), { user: 'bob' })
})

for (const [title, sameSite, responseMode] of [
  ['CK-4 B16-25 a strict session cookie', 'strict', 'query'],
  ['CK-5 a response by form_post', 'lax', 'form_post'],
  ['CK-4 CK-5 both together', 'strict', 'form_post'],
] as const) {
  t.test(`${title} keeps nobody from signing in and out`, async (t) => {
    const { publicUrl, provider } = await startWebStack(t, {
      session: { cookie: { sameSite } },
      providerConfig: { responseMode },
    })
    const profile = await openProfile(t, browser)
    const page = await profile.newPage()
    const callbacks: { url: string; form: string | null }[] = []
    page.on('request', (request) => {
      const url = request.url()
      if (url.startsWith(callbackUrl(publicUrl))) callbacks.push({ url, form: request.postData() })
    })
    await page.goto(`${publicUrl}/wanted?a=1&b=2`)
    t.match(await ownCookies(profile), [
      { name: /-login-/, sameSite: responseMode === 'form_post' ? 'None' : 'Lax' },
    ])
    await signInHere(page, 'alice')
    await page.waitForURL(`${publicUrl}/wanted?a=1&b=2`)
    t.equal(await page.getByRole('heading').innerText(), 'The application')
    t.equal(provider.tokenRequests.length, 1)
    t.match(await ownCookies(profile), [
      { name: 'valetkey', sameSite: sameSite === 'lax' ? 'Lax' : 'Strict', httpOnly: true },
    ])
    t.equal((await ownCookies(profile)).length, 1, 'the pending login is gone')

    const { answers } = watchTab(page)
    await page.reload()
    await page.goto(`${publicUrl}/next`)
    t.same([...new Set(answers.map(({ status, answer }) => answer ?? status))], [200])

    await page.goto(`${publicUrl}/oauth2/start?rd=/again`)
    await page.waitForURL(`${publicUrl}/again`)
    await page.goto(`${publicUrl}/oauth2/sessions`)
    const sessions = page.getByRole('list', { name: 'Sessions' }).getByRole('listitem')
    t.equal(
      await sessions.count(),
      1,
      'the session is replaced, though the callback lacks its ticket',
    )

    const [callback] = callbacks
    await page.goto(`${provider.issuer}/session/end/success`)
    await page.evaluate(sendAgain, { url: '', form: null, ...callback })
    await page.waitForURL(`${publicUrl}/wanted?a=1&b=2`)
    t.equal(provider.tokenRequests.length, 2, 'the stale callback leads on, too')

    await page.getByRole('link', { name: 'Sign out' }).click()
    await page.waitForURL(`${publicUrl}/oauth2/signed_out?**`)
    t.same(await ownCookies(profile), [])
  })
}

t.test(
  'CK-1 under https the browser keeps __Host- cookies, from sign-in to sign-out',
  async (t) => {
    const front = await startTlsFront()
    t.teardown(() => front.close())
    const { provider, valetkey, application } = await startWebStack(t, {
      config: { publicUrl: front.url },
      providerConfig: { responseMode: 'form_post' },
    })
    front.forwardTo(Number(new URL(valetkey.url).port))
    provider.redirectUris.add(callbackUrl(front.url))
    provider.postLogoutRedirectUris.add(`${front.url}/oauth2/signed_out`)
    const profile = await openProfile(t, browser, { ignoreHTTPSErrors: true })
    const page = await profile.newPage()
    await page.goto(`${front.url}/wanted`)
    t.match(await ownCookies(profile), [
      {
        name: /^__Host-valetkey-login-/,
        secure: true,
        httpOnly: true,
        sameSite: 'None',
        path: '/',
      },
    ])
    await signInHere(page, 'alice')
    await page.waitForURL(`${front.url}/wanted`)
    const cookies = await ownCookies(profile)
    t.match(cookies, [
      { name: '__Host-valetkey', secure: true, httpOnly: true, sameSite: 'Lax', path: '/' },
    ])
    t.equal(cookies.length, 1)
    t.equal(application.requests[0]?.headers['x-forwarded-proto'], 'https')
    await page.getByRole('link', { name: 'Sign out' }).click()
    await page.waitForURL(`${front.url}/oauth2/signed_out?**`)
    t.same(await ownCookies(profile), [])
  },
)

const callbackUrl = (publicUrl: string) => `${publicUrl}/oauth2/callback`

/** Sends a callback once more from a page of the provider: by the address, or by its form. */
function sendAgain({ url, form }: { url: string; form: string | null }): void {
  if (form === null) return location.assign(url)
  const element = document.createElement('form')
  Object.assign(element, { method: 'post', action: url })
  for (const [name, value] of new URLSearchParams(form)) {
    const input = document.createElement('input')
    element.append(Object.assign(input, { type: 'hidden', name, value }))
  }
  document.body.append(element)
  element.submit()
}

t.test('a stale callback of a stranger is explained at once, whatever the cookies', async (t) => {
  const { publicUrl, provider } = await startWebStack(t, {
    session: { cookie: { sameSite: 'strict' } },
  })
  const page = await (await openProfile(t, browser)).newPage()
  await page.goto(`${provider.issuer}/session/end/success`)
  const { answers } = watchTab(page)
  const url = `${callbackUrl(publicUrl)}?code=forged&state=forged`
  await page.evaluate(sendAgain, { url, form: null })
  await page.getByRole('heading', { name: 'This sign-in cannot be continued' }).waitFor()
  t.ok(answers.length <= 2, 'it does not go round in circles')
  t.same(provider.tokenRequests, [])
})
