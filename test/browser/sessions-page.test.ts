import t from 'tap'
import {
  fetchHere,
  launchBrowser,
  openProfile,
  ownCookies,
  signInHere,
} from '../helpers/browser.js'
import { startUpstream } from '../helpers/upstream.js'
import { startWebStack } from '../helpers/web-application.js'

t.setTimeout(120_000)

const browser = await launchBrowser(t)
const iphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1'

async function start(t: Parameters<typeof startWebStack>[0]) {
  const stack = await startWebStack(t)
  const { publicUrl } = stack

  /** A device on which alice is signed in. */
  async function openDevice(userAgent?: string) {
    const profile = await openProfile(t, browser, userAgent === undefined ? {} : { userAgent })
    const page = await profile.newPage()
    await page.goto(`${publicUrl}/page`)
    await signInHere(page, 'alice')
    await page.waitForURL(`${publicUrl}/page`)
    const isSignedIn = async () => (await fetchHere(page, '/api/whoami')).status === 200
    return { profile, page, isSignedIn }
  }
  return { ...stack, openDevice }
}

t.test('people see their devices, and end one and then the others', async (t) => {
  const { publicUrl, openDevice } = await start(t)
  const laptop = await openDevice()
  const phone = await openDevice(iphone)
  const { page } = laptop
  const listed = () => page.getByRole('list', { name: 'Sessions' }).getByRole('listitem')

  await page.goto(`${publicUrl}/oauth2/sessions`)
  t.equal(await listed().count(), 2)
  const [current, other] = [listed().nth(0), listed().nth(1)]
  t.match(await current.innerText(), /Chrome on Linux\s+This one/)
  t.match(await other.innerText(), /Safari on iPhone/)
  t.match(await other.innerText(), /127\.0\.0\.1/)
  t.notMatch(await other.innerText(), /This one/)

  await page.getByRole('button', { name: 'Sign out Safari on iPhone' }).click()
  await page.waitForURL(`${publicUrl}/oauth2/sessions`)
  await page.getByText('Safari on iPhone').waitFor({ state: 'detached' })
  t.equal(await listed().count(), 1)
  t.notOk(await phone.isSignedIn())
  t.equal(await page.getByRole('button', { name: 'everywhere' }).count(), 0)

  const tablet = await openDevice()
  const desktop = await openDevice()
  await page.reload()
  t.equal(await listed().count(), 3)
  await page.getByRole('button', { name: 'Sign out everywhere else' }).click()
  await page.getByRole('button', { name: 'everywhere else' }).waitFor({ state: 'detached' })
  t.equal(await listed().count(), 1)
  for (const { isSignedIn } of [tablet, desktop]) t.notOk(await isSignedIn())
  await page.goto(`${publicUrl}/page`)
  t.ok(await laptop.isSignedIn())
})

t.test('RPL-1 signing out everywhere ends the session in use at the provider, too', async (t) => {
  const { publicUrl, provider, openDevice } = await start(t)
  const laptop = await openDevice()
  const phone = await openDevice(iphone)
  await laptop.page.goto(`${publicUrl}/oauth2/sessions`)
  await laptop.page.getByRole('button', { name: 'Sign out everywhere', exact: true }).click()
  await laptop.page.waitForURL(`${publicUrl}/oauth2/signed_out?**`)
  t.ok(provider.requests.includes('POST /session/end/confirm'))
  t.same(await ownCookies(laptop.profile), [])
  t.notOk(await phone.isSignedIn())
})

t.test('works without script, and signs out here like anywhere', async (t) => {
  const { publicUrl, provider, openDevice } = await start(t)
  const phone = await openDevice(iphone)
  const laptop = await openDevice()
  const storageState = await laptop.profile.storageState()
  const plain = await openProfile(t, browser, { javaScriptEnabled: false, storageState })
  const page = await plain.newPage()
  await page.goto(`${publicUrl}/oauth2/sessions`)
  await page.getByRole('button', { name: 'Sign out everywhere else' }).click()
  await page.getByRole('button', { name: 'everywhere else' }).waitFor({ state: 'detached' })
  t.notOk(await phone.isSignedIn())
  t.ok(await laptop.isSignedIn())
  await page.getByRole('button', { name: 'Sign out here' }).click()
  // The provider's own page goes on by script.
  await page.waitForURL(`${provider.issuer}/**`)
  t.notOk(await laptop.isSignedIn())
})

t.test('RPL-4 a form of another site ends nothing', async (t) => {
  const { publicUrl, openDevice } = await start(t)
  const laptop = await openDevice()
  const phone = await openDevice(iphone)
  const elsewhere = await startUpstream((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(
      `<form method="post" action="${publicUrl}/oauth2/sessions"><input name="end" value="all"><button>Go</button></form>`,
    )
  })
  t.teardown(() => elsewhere.close())
  const lured = await laptop.profile.newPage()
  await lured.goto(`http://elsewhere.localhost:${elsewhere.port}/`)
  await lured.getByRole('button', { name: 'Go' }).click()
  await lured.getByRole('heading', { name: 'This request came from another site' }).waitFor()
  t.ok(await phone.isSignedIn())
  t.ok(await laptop.isSignedIn())
})
