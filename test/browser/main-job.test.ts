import t from 'tap'
import {
  fetchHere,
  launchBrowser,
  openProfile,
  ownCookies,
  signInHere,
  watchTab,
} from '../helpers/browser.js'
import { bearersSeenBy, parseTally, startWebStack } from '../helpers/web-application.js'

t.setTimeout(120_000)

const browser = await launchBrowser(t)

t.test('a stranger signs in and arrives where they wanted to go', async (t) => {
  const { publicUrl, provider, application } = await startWebStack(t)
  const profile = await openProfile(t, browser)
  const page = await profile.newPage()
  const wanted = `${publicUrl}/deep/page?x=1&y=a%20b&z=%2F`

  await page.goto(`${wanted}#part-2`)
  t.equal(new URL(page.url()).origin, provider.issuer, 'at the provider')
  t.match(await ownCookies(profile), [{ name: /^valetkey-login-/, httpOnly: true }])
  t.equal((await ownCookies(profile)).length, 1, 'no session yet')
  await signInHere(page, 'alice')
  await page.waitForURL(`${wanted}**`)

  t.equal(page.url(), `${wanted}#part-2`, 'the browser itself carries the fragment along')
  t.equal(await page.getByRole('heading').textContent(), 'The application')
  t.equal(
    await page.getByRole('heading').evaluate((heading) => getComputedStyle(heading).color),
    'rgb(0, 0, 255)',
    'the stylesheet came',
  )
  t.equal(await page.locator('body').getAttribute('data-script'), 'ran', 'and the script')
  const picture = page.locator('img')
  t.equal(
    await picture.evaluate((image) => image instanceof HTMLImageElement && image.naturalWidth),
    7,
    'and the picture',
  )

  const { status, body } = await fetchHere(page, '/api/whoami')
  t.equal(status, 200)
  const seen: unknown = JSON.parse(body)
  t.match(seen, { user: 'alice', email: 'alice@example.com', groups: 'staff,admins' })
  t.match(seen, { authorization: /^Bearer .{20}/ })
  t.notMatch(body, 'valetkey', "Valetkey's cookies stay with Valetkey")
  const [landing] = application.requests
  t.equal(landing?.url, '/deep/page?x=1&y=a%20b&z=%2F')
  const refererOf = ({ headers }: (typeof application.requests)[0]) => headers.referer ?? ''
  t.notMatch(application.requests.map(refererOf).join(), 'code=', 'the code travels no further')
})

t.test('CK-1 BFF-6 BCP-6 the browser keeps one session cookie and no token anywhere', async (t) => {
  const { publicUrl, provider } = await startWebStack(t)
  const profile = await openProfile(t, browser)
  const page = await profile.newPage()
  const { addresses } = watchTab(page)
  await page.goto(`${publicUrl}/page`)
  await signInHere(page, 'alice')
  await page.waitForURL(`${publicUrl}/page`)

  const cookies = await ownCookies(profile)
  t.match(cookies, [
    {
      name: 'valetkey',
      domain: 'localhost',
      path: '/',
      httpOnly: true,
      sameSite: 'Lax',
      secure: false,
    },
  ])
  t.equal(cookies.length, 1, 'the cookie of the pending login is gone')
  t.equal(await page.evaluate('document.cookie'), '', 'out of reach of scripts')

  const kept = JSON.stringify(await profile.storageState({ indexedDB: true }))
  t.equal(provider.secrets.length, 4, 'a code and three tokens were given out')
  for (const secret of provider.secrets) {
    t.notMatch(kept, secret, 'neither cookies nor storage have it')
    t.notMatch(addresses.join(' '), secret, 'nor the address bar')
  }
  t.notMatch(addresses.join(' '), cookies[0]?.value, 'and a ticket is in no address either')
  t.same(
    addresses.map((address) => new URL(address).pathname.replace(/[\w-]{21,}$/, '…')),
    ['/interaction/…', '/page'],
    'the callback is no stop on the way',
  )
})

t.test('an open page and navigations outlive the access token unnoticed', async (t) => {
  const { publicUrl, provider, application } = await startWebStack(t, {
    provider: { accessTokenTtlSeconds: 3 },
  })
  const profile = await openProfile(t, browser)
  const open = await profile.newPage()
  await open.goto(`${publicUrl}/live`)
  await signInHere(open, 'alice')
  await open.waitForURL(`${publicUrl}/live`)
  await open.waitForFunction('document.querySelector("output").textContent !== ""')
  const moving = await profile.newPage()
  const [openTab, movingTab] = [watchTab(open), watchTab(moving)]
  const requestsBefore = provider.requests.length

  let pages = 0
  while (bearersSeenBy(application).size < 4) await moving.goto(`${publicUrl}/page-${++pages}`)

  const tally = parseTally(await open.locator('output').innerText())
  t.same(Object.keys(tally.polls), ['200'], 'every answer is a good one')
  t.ok(tally.events > 1 && tally.messages > 1, 'the event stream and the WebSocket go on')
  t.same(tally.broken, [])
  t.same(openTab.addresses, [], 'the open page stays')
  t.equal(movingTab.addresses.length, pages, 'every navigation goes straight to its page')
  const answers = [...openTab.answers, ...movingTab.answers]
  t.same(
    answers.filter(({ status, answer }) => status !== 200 || answer !== undefined),
    [],
    'nothing but the answers of the application',
  )
  t.same([...new Set(provider.requests.slice(requestsBefore))], ['POST /token'])
  t.same(
    provider.tokenRequests.map(({ status }) => status),
    provider.tokenRequests.map(() => 200),
  )
  t.comment(`${pages} navigations, ${tally.polls['200']} polls`)
})
