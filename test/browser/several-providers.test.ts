import type { Locator, Page } from 'playwright-core'
import t from 'tap'
import { launchBrowser, openProfile, signInHere } from '../helpers/browser.js'
import { type Several, startRealProvider, startSeveral } from '../helpers/several.js'

t.setTimeout(120_000)

const browser = await launchBrowser(t)
const corp = await startRealProvider(t)
// Of another host name, since cookies do not tell ports apart.
const partner = await startRealProvider(t, { hostname: 'localhost' })

const startSite = () =>
  startSeveral(
    t,
    { corp, partner },
    {
      settings: {
        corp: { emailDomainHints: ['example.com'] },
        partner: { emailDomainHints: ['partner.example'] },
      },
      config: (upstream) => ({
        routes: [{ match: { path: '/corp/' }, providers: ['corp'], upstream }, { upstream }],
      }),
    },
  )

const whoIs = async (page: Page, { publicUrl }: Several) => {
  const response = await page.request.get(`${publicUrl}/oauth2/userinfo`)
  const { provider, sub }: { provider: string; sub: string } = await response.json()
  return `${provider} ${sub}`
}

/** What the links say, initials included. */
const namesOf = async (links: Locator) =>
  (await links.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' '))

/** Presses Tab until the element of that name has the focus, then Enter. */
async function chooseByKeyboard(page: Page, name: RegExp): Promise<void> {
  const focused = page.locator(':focus-visible')
  for (let count = 0; count < 10; count++) {
    await page.keyboard.press('Tab')
    if (name.test(await focused.innerText())) return page.keyboard.press('Enter')
  }
  throw new Error(`no Tab leads to ${name}`)
}

t.test('the choice needs neither mouse nor script, and the last one comes first', async (t) => {
  const site = await startSite()
  const profile = await openProfile(t, browser, { javaScriptEnabled: false })
  const page = await profile.newPage()
  await page.goto(`${site.publicUrl}/wanted?a=1`)
  const links = page.getByRole('navigation', { name: 'Ways to sign in' }).getByRole('link')
  t.same(await namesOf(links), ['L Login of corp', 'L Login of partner'])
  await chooseByKeyboard(page, /partner/)
  await signInHere(page, 'bob')
  await page.waitForURL(`${site.publicUrl}/wanted?a=1`)
  t.equal(await whoIs(page, site), 'partner bob')

  await page.goto(`${site.publicUrl}/oauth2/sign_in?rd=/again`)
  t.same(await namesOf(links), ['L Login of partner Last used', 'L Login of corp'])
  const own = (await profile.cookies()).find(({ name }) => name.endsWith('-provider'))
  t.match(own, { value: 'partner', httpOnly: true, sameSite: 'Lax' })
})

t.test('an address leads to its provider, and one of nobody says so', async (t) => {
  const site = await startSite()
  const page = await (await openProfile(t, browser, { javaScriptEnabled: false })).newPage()
  await page.goto(`${site.publicUrl}/wanted`)
  const field = page.getByLabel('E-mail address')
  await field.fill('alice@elsewhere.example')
  await field.press('Enter')
  await page.getByRole('alert').getByText('elsewhere.example').waitFor()
  t.equal(await field.inputValue(), 'alice@elsewhere.example')
  t.equal(await page.getByRole('navigation').getByRole('link').count(), 2)
  await field.fill('alice@partner.example')
  await field.press('Enter')
  await page.waitForURL(`${partner.issuer}/**`)
  await signInHere(page, 'alice')
  await page.waitForURL(`${site.publicUrl}/wanted`)
  t.equal(await whoIs(page, site), 'partner alice')

  await page.goto(`${site.publicUrl}/corp/page`)
  await page.getByRole('heading', { name: 'Another login is needed here' }).waitFor()
  t.equal(await whoIs(page, site), 'partner alice', 'nothing happens by itself')
  await chooseByKeyboard(page, /Sign in with Login of corp/)
  await signInHere(page, 'alice')
  await page.waitForURL(`${site.publicUrl}/corp/page`)
  t.equal(await whoIs(page, site), 'corp alice')
})

t.test(
  'DISC-4 the page of a provider that is away goes on by itself when it is back',
  async (t) => {
    await corp.stop()
    const site = await startSite()
    const page = await (await openProfile(t, browser, { javaScriptEnabled: false })).newPage()
    await page.goto(`${site.publicUrl}/corp/page?a=1`)
    await page.getByRole('heading', { name: 'The login service cannot be reached' }).waitFor()
    await corp.start()
    await page.getByLabel('Login').waitFor()
    await signInHere(page, 'carol')
    await page.waitForURL(`${site.publicUrl}/corp/page?a=1`)
    t.equal(await whoIs(page, site), 'corp carol')
  },
)
