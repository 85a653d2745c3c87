import type { Test } from 'tap'
import { launchBrowser, openProfile, ownCookies, signInHere } from '../helpers/browser.js'
import type { Site } from './site.js'

/** What a person with a real browser goes through: login, the wrong account, the right one, and sign-out. */
export async function browse(t: Test, { publicUrl, provider }: Site): Promise<void> {
  const profile = await openProfile(t, await launchBrowser(t), { ignoreHTTPSErrors: true })
  const page = await profile.newPage()
  const wanted = `${publicUrl}/admin/page?x=1&y=a%20b&z=%2F`

  await page.goto(`${wanted}#part-2`)
  t.equal(new URL(page.url()).origin, provider.issuer, 'at the provider')
  await signInHere(page, 'bob')
  await page.getByRole('heading', { name: 'You do not have access' }).waitFor()
  t.equal(page.url(), `${wanted}#part-2`, 'the page of Valetkey, at the address of the application')
  t.match(await page.getByRole('main').innerText(), 'bob@example.com')

  await page.getByRole('button', { name: 'Use another account' }).click()
  await page.getByLabel('Login').waitFor()
  await signInHere(page, 'alice')
  await page.waitForURL(`${wanted}**`)
  const seen: unknown = JSON.parse(await page.locator('body').innerText())
  t.match(seen, { url: '/admin/page?x=1&y=a%20b&z=%2F', headers: { 'x-forwarded-user': 'alice' } })
  t.match(await ownCookies(profile), [{ name: '__Host-valetkey', secure: true, httpOnly: true }])

  await page.evaluate(() => location.assign('/oauth2/sign_out'))
  await page.waitForURL(`${publicUrl}/oauth2/signed_out?**`)
  t.same(await ownCookies(profile), [])
  await page.goto(wanted)
  t.equal(new URL(page.url()).origin, provider.issuer, 'and a login is needed again')
}
