import type { Page } from 'playwright-core'
import t from 'tap'
import { launchBrowser, openProfile, ownCookies, signInHere, watchTab } from '../helpers/browser.js'
import { startWebStack } from '../helpers/web-application.js'

t.setTimeout(120_000)

const browser = await launchBrowser(t)

for (const [order, finishing] of [
  ['in the order of their beginning', (tabs: Page[]) => tabs],
  ['in the opposite order', (tabs: Page[]) => tabs.toReversed()],
] as const) {
  t.test(`two tabs log in at once and finish ${order}`, async (t) => {
    const { publicUrl, provider } = await startWebStack(t)
    const profile = await openProfile(t, browser)
    const tabs = [await profile.newPage(), await profile.newPage()]
    const wanted = new Map(
      tabs.map((tab, index) => [tab, `${publicUrl}/tab?number=${index}`] as const),
    )
    await Promise.all([...wanted].map(([tab, address]) => tab.goto(address)))
    for (const tab of tabs) t.equal(await tab.getByLabel('Login').count(), 1, 'both are asked')
    t.equal((await ownCookies(profile)).length, 2, 'each has its pending login')

    for (const tab of finishing(tabs)) {
      await signInHere(tab, 'alice')
      await tab.waitForURL(wanted.get(tab) ?? '')
    }
    t.match(await ownCookies(profile), [{ name: 'valetkey' }])
    t.equal((await ownCookies(profile)).length, 1, 'one session in the end')
    const logins = provider.tokenRequests.map(({ grantType, status }) => [grantType, status])
    t.same(logins, [
      ['authorization_code', 200],
      ['authorization_code', 200],
    ])
    for (const tab of tabs) {
      const { answers } = watchTab(tab)
      await tab.reload()
      await tab.goto(`${publicUrl}/next`)
      t.same([...new Set(answers.map(({ status, answer }) => answer ?? status))], [200])
    }
  })
}

t.test('a tab left at the provider does not disturb the one that signs in', async (t) => {
  const { publicUrl } = await startWebStack(t)
  const profile = await openProfile(t, browser)
  const [left, used] = [await profile.newPage(), await profile.newPage()]
  await left.goto(`${publicUrl}/left`)
  await used.goto(`${publicUrl}/used`)
  await signInHere(used, 'alice')
  await used.waitForURL(`${publicUrl}/used`)
  await left.goto(`${publicUrl}/left`)
  t.equal(left.url(), `${publicUrl}/left`, 'nobody is asked twice')
})

t.test('going back to the callback of a login that failed leads on once signed in', async (t) => {
  const { publicUrl, provider } = await startWebStack(t)
  const profile = await openProfile(t, browser)
  const page = await profile.newPage()
  await page.goto(`${publicUrl}/wanted?really=1`)
  provider.failTokenEndpoint(500)
  await signInHere(page, 'alice')
  await page.waitForURL(`${publicUrl}/oauth2/callback?**`)
  const callback = page.url()
  t.match(
    await page.getByRole('main').innerText(),
    /login service answered wrongly|cannot be reached/,
  )

  provider.healTokenEndpoint()
  await page.getByRole('link', { name: 'Start the sign-in again' }).click()
  await page.waitForURL(`${publicUrl}/wanted?really=1`)
  const tokenRequests = provider.tokenRequests.length
  await page.goBack()
  t.equal(page.url(), `${publicUrl}/wanted?really=1`, 'back at the callback')
  await page.goto(`${publicUrl}/elsewhere`)
  await page.goto(callback)
  t.equal(page.url(), `${publicUrl}/wanted?really=1`, 'or by a bookmark of it')
  t.equal(provider.tokenRequests.length, tokenRequests, 'without a word to the provider')
})

t.test('a login that expired at the provider is explained, and so is a reload', async (t) => {
  const { publicUrl, provider } = await startWebStack(t)
  const profile = await openProfile(t, browser)
  const page = await profile.newPage()
  await page.goto(`${publicUrl}/wanted`)
  // What the browser does of itself ten minutes later.
  await profile.clearCookies({ name: /valetkey-login-/ })
  await signInHere(page, 'alice')
  await page.waitForURL(`${publicUrl}/oauth2/callback?**`)
  for (const when of ['at first', 'after a reload']) {
    const main = page.getByRole('main')
    t.equal(await main.getByRole('heading').innerText(), 'This sign-in cannot be continued', when)
    t.match(await main.innerText(), 'Please start again from here')
    t.match(await main.innerText(), 'Request id')
    await page.reload()
  }
  t.same(provider.tokenRequests, [])
  t.same(await ownCookies(profile), [])
  await page.getByRole('link', { name: 'Start the sign-in again' }).click()
  await page.waitForURL(`${publicUrl}/wanted`)
  t.equal(await page.getByRole('heading').innerText(), 'The application')
})
