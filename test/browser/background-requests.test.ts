import t, { type Test } from 'tap'
import {
  fetchHere,
  launchBrowser,
  openProfile,
  ownCookies,
  signInHere,
  watchTab,
} from '../helpers/browser.js'
import { startUpstream } from '../helpers/upstream.js'
import { publicPages, startWebStack } from '../helpers/web-application.js'

t.setTimeout(120_000)

const browser = await launchBrowser(t)

/** A stranger's tab at a public page of the application, which may then load what is not public. */
async function openPublicPage(t: Test) {
  const stack = await startWebStack(t)
  const profile = await openProfile(t, browser)
  const page = await profile.newPage()
  await page.goto(stack.publicUrl + publicPages.plain)
  const { answers } = watchTab(page)
  return {
    ...stack,
    profile,
    page,
    /** All that the tab asked of Valetkey's has been refused, and nothing came of it. */
    async expectNoLogin() {
      const refused = answers.filter(({ answer }) => answer !== undefined)
      t.not(refused.length, 0)
      for (const { url, status, setCookie } of refused)
        t.same([status, setCookie], [401, undefined], url)
      t.same(await ownCookies(profile), [])
      t.notOk(stack.provider.requests.includes('GET /auth'))
    },
  }
}

t.test('FM-1 a script without a session is told where to sign in', async (t) => {
  const { publicUrl, page, expectNoLogin } = await openPublicPage(t)

  const refused = await fetchHere(page, '/api/things')
  t.match(refused, {
    status: 401,
    redirected: false,
    type: 'application/problem+json',
    answer: 'ERR_LOGIN_REQUIRED',
  })
  await expectNoLogin()

  const problem: { code: string; login_url: string } = JSON.parse(refused.body)
  t.equal(problem.code, 'ERR_LOGIN_REQUIRED')
  await page.goto(problem.login_url)
  await signInHere(page, 'alice')
  await page.waitForURL(`${publicUrl}${publicPages.plain}`)
  t.equal((await fetchHere(page, '/api/things')).status, 200, 'back where the script is')
})

t.test(
  'FM-1 FM-4 pictures, styles, scripts, favicons and event streams start no login',
  async (t) => {
    const { publicUrl, page, expectNoLogin } = await openPublicPage(t)
    await page.goto(publicUrl + publicPages.loading)
    await page.getByText('The events failed').waitFor()
    await page.getByText('The socket failed').waitFor()
    await expectNoLogin()
  },
)

t.test('FM-4 prefetching starts no login, and going there does', async (t) => {
  const { publicUrl, provider, page, expectNoLogin } = await openPublicPage(t)
  const arrivals = ['/prefetched', '/speculated'].map((path) =>
    page.waitForResponse(publicUrl + path),
  )
  await page.goto(publicUrl + publicPages.prefetching)
  await Promise.all(arrivals)
  await expectNoLogin()

  await page.getByRole('link', { name: 'Go on' }).click()
  await page.waitForURL(`${provider.issuer}/**`)
  await signInHere(page, 'alice')
  await page.waitForURL(`${publicUrl}/speculated`)
  t.equal(await page.getByRole('heading').innerText(), 'The application')
})

t.test('FM-1 a frame in a page of another site starts no login', async (t) => {
  const { publicUrl, page, expectNoLogin } = await openPublicPage(t)
  const elsewhere = await startUpstream((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(`<iframe src="${publicUrl}/framed"></iframe>`)
  })
  t.teardown(() => elsewhere.close())
  await page.goto(`http://elsewhere.localhost:${elsewhere.port}/`)
  await expectNoLogin()
})

t.test('FM-4 registering a service worker starts no login', async (t) => {
  const { page, profile, provider } = await openPublicPage(t)
  const refused = profile.waitForEvent('response', (response) =>
    response.url().endsWith('/worker.js'),
  )
  await t.rejects(page.evaluate("navigator.serviceWorker.register('/worker.js')"))
  t.equal((await refused).status(), 401)
  t.same(await ownCookies(profile), [])
  t.notOk(provider.requests.includes('GET /auth'))
})

t.test("a service worker that passes everything on is in nobody's way", async (t) => {
  const { publicUrl, provider, page, profile } = await openPublicPage(t)
  await page.evaluate(
    async ([script, scope]) => {
      const controlled = new Promise((resolve) =>
        navigator.serviceWorker.addEventListener('controllerchange', resolve),
      )
      await navigator.serviceWorker.register(script, { scope })
      await controlled
    },
    [publicPages.serviceWorker, '/'] as const,
  )
  t.match(await fetchHere(page, '/api/things'), { status: 401, redirected: false })
  t.same(await ownCookies(profile), [])

  await page.goto(`${publicUrl}/wanted?a=1`)
  t.equal(new URL(page.url()).origin, provider.issuer)
  await signInHere(page, 'alice')
  await page.waitForURL(`${publicUrl}/wanted?a=1`)
  t.equal((await fetchHere(page, '/api/things')).status, 200)
  await page.getByRole('link', { name: 'Sign out' }).click()
  await page.waitForURL(`${publicUrl}/oauth2/signed_out?**`)
  t.same(await ownCookies(profile), [])
})
