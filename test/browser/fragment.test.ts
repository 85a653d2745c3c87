import t from 'tap'
import { launchBrowser, openProfile, signInHere, watchTab } from '../helpers/browser.js'
import { startProvider } from '../helpers/provider.js'
import { startWebStack } from '../helpers/web-application.js'

t.setTimeout(120_000)

const browser = await launchBrowser(t)
const other = await startProvider({ hostname: 'localhost' })
t.teardown(() => other.stop())
const stack = await startWebStack(t, { config: { keepFragment: true } })
const { publicUrl, provider, valetkey } = stack

t.test('the fragment survives a login, and no server sees it', async (t) => {
  const page = await (await openProfile(t, browser)).newPage()
  const { addresses } = watchTab(page)
  await page.goto(`${publicUrl}/wanted?a=1#/part?token=2`)
  await page.waitForURL(`${provider.issuer}/**`)
  t.equal(new URL(page.url()).hash, '')
  await signInHere(page, 'alice')
  await page.waitForURL(`${publicUrl}/wanted?a=1#/part?token=2`)
  t.equal(await page.getByRole('heading').innerText(), 'The application')
  t.notMatch([...valetkey.log, ...provider.requests].join('\n'), 'part')
  t.notMatch(JSON.stringify(stack.application.requests), '/part')
  t.equal(await page.evaluate('sessionStorage.length'), 0, 'nothing is left of it')
  const pages = addresses.filter((address) => address.includes('/oauth2/'))
  await page.goBack()
  t.notMatch(page.url(), '/oauth2/', `${pages.length} pages on the way are in no history`)
})

t.test('each tab keeps its own, and one without gets none', async (t) => {
  const profile = await openProfile(t, browser)
  const tabs = [await profile.newPage(), await profile.newPage(), await profile.newPage()]
  const wanted = ['#one', '#two', ''].map((hash, index) => `${publicUrl}/tab-${index}${hash}`)
  for (const [index, tab] of tabs.entries()) await tab.goto(wanted[index] ?? '')
  for (const [index, tab] of tabs.entries()) {
    await tab.waitForURL(`${provider.issuer}/**`)
    await signInHere(tab, 'alice')
    await tab.waitForURL(wanted[index] ?? '')
  }
})

t.test('without scripts a login works as ever, without the fragment', async (t) => {
  const profile = await openProfile(t, browser, { javaScriptEnabled: false })
  const page = await profile.newPage()
  await page.goto(`${publicUrl}/wanted#part`)
  await page.waitForURL(`${provider.issuer}/**`)
  await signInHere(page, 'alice')
  await page.waitForURL(`${publicUrl}/wanted**`)
  t.equal(await page.getByRole('heading').innerText(), 'The application')
})

t.test('programs are redirected as ever', async (t) => {
  const answer = await fetch(`${publicUrl}/oauth2/start?rd=/`, { redirect: 'manual' })
  t.equal(answer.status, 302)
})

t.test('the fragment survives the choice of a provider', async (t) => {
  const providers = [provider, other].map(({ issuer, clientId, clientSecret }, index) => ({
    id: `p${index}`,
    name: `Provider ${index}`,
    issuer,
    clientId,
    clientSecret,
  }))
  const several = await startWebStack(t, { config: { keepFragment: true, providers } })
  other.redirectUris.add(`${several.publicUrl}/oauth2/callback/p1`)
  const page = await (await openProfile(t, browser)).newPage()
  await page.goto(`${several.publicUrl}/wanted#part-2`)
  await page.getByRole('link', { name: 'Provider 1' }).click()
  await page.waitForURL(`${other.issuer}/**`)
  await signInHere(page, 'alice')
  await page.waitForURL(`${several.publicUrl}/wanted#part-2`)
})
