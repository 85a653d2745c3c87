import t from 'tap'
import {
  fetchHere,
  launchBrowser,
  openProfile,
  ownCookies,
  signInHere,
  watchTab,
} from '../helpers/browser.js'
import { startUpstream } from '../helpers/upstream.js'
import { startWebStack } from '../helpers/web-application.js'

t.setTimeout(120_000)

const browser = await launchBrowser(t)

async function start(t: Parameters<typeof startWebStack>[0]) {
  const stack = await startWebStack(t)
  const profile = await openProfile(t, browser)
  const page = await profile.newPage()
  await page.goto(`${stack.publicUrl}/page`)
  await signInHere(page, 'alice')
  await page.waitForURL(`${stack.publicUrl}/page`)
  return { ...stack, profile, page }
}

t.test('RPL-1 a link of the application signs out here and at the provider', async (t) => {
  const { publicUrl, provider, profile, page } = await start(t)
  const otherTab = await profile.newPage()
  await otherTab.goto(`${publicUrl}/other`)

  await page.getByRole('link', { name: 'Sign out' }).click()
  await page.waitForURL(`${publicUrl}/oauth2/signed_out?**`)
  t.equal(await page.getByRole('main').getByRole('heading').innerText(), 'You are signed out')
  t.ok(provider.requests.includes('POST /session/end/confirm'))
  t.same(await ownCookies(profile), [])
  t.equal((await fetchHere(otherTab, '/api/whoami')).status, 401, 'the other tab is out, too')

  await page.getByRole('link', { name: 'Sign in again' }).click()
  await page.getByRole('link', { name: 'Continue with Corporate login' }).click()
  await page.waitForURL(`${provider.issuer}/**`)
  t.equal(await page.getByLabel('Login').count(), 1, 'the provider has forgotten alice')
  await signInHere(page, 'bob')
  await page.waitForURL(`${publicUrl}/`)
  t.match(JSON.parse((await fetchHere(page, '/api/whoami')).body), { user: 'bob' })
})

t.test('a page of before the sign-out asks to sign in when it is loaded again', async (t) => {
  const { publicUrl, provider, page } = await start(t)
  await page.getByRole('link', { name: 'Sign out' }).click()
  await page.waitForURL(`${publicUrl}/oauth2/signed_out?**`)
  await page.goto(`${publicUrl}/page`)
  t.equal(new URL(page.url()).origin, provider.issuer)
  t.equal(await page.getByLabel('Login').count(), 1)
})

t.test('RPL-2 a sign-out with a return-to comes back to it', async (t) => {
  const { publicUrl, page, profile } = await start(t)
  await page.getByRole('link', { name: 'Leave' }).click()
  await page.waitForURL(`${publicUrl}/public/`)
  t.equal(await page.getByRole('heading').innerText(), 'For everybody')
  t.same(await ownCookies(profile), [])
})

t.test('RPL-4 a link of another site is asked about first', async (t) => {
  const { publicUrl, profile, page } = await start(t)
  const elsewhere = await startUpstream((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(`<a href="${publicUrl}/oauth2/sign_out">A bargain</a>
      <img src="${publicUrl}/oauth2/sign_out" alt="">`)
  })
  t.teardown(() => elsewhere.close())
  const isSignedIn = async () => (await fetchHere(page, '/api/whoami')).status === 200

  const lured = await profile.newPage()
  const { answers } = watchTab(lured)
  await lured.goto(`http://elsewhere.localhost:${elsewhere.port}/`)
  t.ok(await isSignedIn(), 'a picture signs nobody out')
  await lured.getByRole('link', { name: 'A bargain' }).click()
  const question = lured.getByRole('heading', { name: 'Do you want to sign out?' })
  await question.waitFor()
  t.equal(answers.at(-1)?.answer, 'SIGN_OUT_PAGE')
  t.ok(await isSignedIn(), 'nor does a link')

  await lured.getByRole('link', { name: 'Stay signed in' }).click()
  await lured.getByRole('heading', { name: 'The application' }).waitFor()
  t.ok(await isSignedIn())

  await lured.goBack()
  await question.waitFor()
  await lured.getByRole('button', { name: 'Sign out' }).click()
  await lured.waitForURL(`${publicUrl}/oauth2/signed_out?**`)
  t.notOk(await isSignedIn(), 'confirming does')
  t.same(await ownCookies(profile), [])
})

t.test('RPL-4 a form of another site signs nobody out', async (t) => {
  const { publicUrl, profile, page } = await start(t)
  const elsewhere = await startUpstream((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(
      `<form method="post" action="${publicUrl}/oauth2/sign_out"><button>Go</button></form>`,
    )
  })
  t.teardown(() => elsewhere.close())
  const lured = await profile.newPage()
  await lured.goto(`http://elsewhere.localhost:${elsewhere.port}/`)
  await lured.getByRole('button', { name: 'Go' }).click()
  await lured.getByRole('heading', { name: 'This request came from another site' }).waitFor()
  t.equal((await fetchHere(page, '/api/whoami')).status, 200)
})
