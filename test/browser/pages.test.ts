import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import fastify from 'fastify'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { createAnswers } from '../../src/http/answers.js'
import { confirmSignOutPage } from '../../src/http/pages/confirm-sign-out-page.js'
import { forbiddenPage } from '../../src/http/pages/forbidden-page.js'
import { otherProviderPage } from '../../src/http/pages/other-provider-page.js'
import { providerAwayPage } from '../../src/http/pages/provider-away-page.js'
import { sessionsPage } from '../../src/http/pages/sessions-page.js'
import { signInPage } from '../../src/http/pages/sign-in-page.js'
import { signedOutPage } from '../../src/http/pages/signed-out-page.js'
import { createPaths } from '../../src/http/paths.js'
import { launchBrowser } from '../helpers/browser.js'

const host = 'app.example.com'
const unbroken = 'a'.repeat(80)
const pages = {
  '/sign-in': signInPage({
    host,
    providers: [
      { name: 'Corporate login', href: '/start?provider=corp' },
      { name: unbroken, href: '/start?provider=long' },
    ],
  }),
  '/sign-in-by-email': signInPage({
    host,
    providers: [
      { name: unbroken, href: '/start?provider=long', isLast: true },
      { name: 'Partners', href: '/start?provider=partner' },
    ],
    email: { action: '/sign_in', fields: [['rd', '/']], value: unbroken, fault: unbroken },
  }),
  '/forbidden': forbiddenPage({
    host,
    person: `${unbroken}@example.com`,
    signOutPath: '/sign_out',
    returnTo: '/',
    requestId: unbroken,
  }),
  '/signed-out': signedOutPage({ host, signInHref: '/', providerStillSignedIn: unbroken }),
  '/sessions': sessionsPage({
    host,
    person: `${unbroken}@example.com`,
    sessions: [true, false].map((isCurrent) => ({
      key: 'a-session',
      createdAt: 0,
      lastActiveAt: 0,
      userAgent: unbroken,
      clientAddress: '2001:db8:85a3:1111:2222:8a2e:370:7334',
      isCurrent,
    })),
    isIncomplete: false,
    sessionsPath: '/sessions',
    signOutPath: '/sign_out',
    now: Date.UTC(2026, 0, 1),
  }),
  '/other-provider': otherProviderPage({
    host,
    person: `${unbroken}@example.com`,
    present: unbroken,
    choices: [{ name: unbroken, href: '/start?provider=long' }],
    requestId: unbroken,
  }),
  '/provider-away': providerAwayPage({
    host,
    providerName: unbroken,
    retries: { at: '', afterSeconds: 60 },
    othersHref: '/sign_in',
    requestId: unbroken,
  }),
  '/confirm': confirmSignOutPage({ host, signOutPath: '/sign_out', returnTo: '/reports' }),
} as const
const addresses = [...Object.keys(pages), '/error']

/** Serves the pages, and stands in for a provider of another origin, where signing out leads. */
async function serve(t: Test) {
  const provider = createServer((_request, response) => response.end('at the provider'))
  t.teardown(() => provider.close())
  await once(provider.listen(0, '127.0.0.1'), 'listening')
  const address = provider.address()
  if (address === null || typeof address === 'string') throw new Error('no address')

  const app = fastify()
  t.teardown(() => app.close())
  const answers = createAnswers({ publicUrl: `https://${host}`, paths: createPaths('/oauth2') })
  for (const [path, page] of Object.entries(pages)) {
    app.get(path, (_request, reply) => answers.page(reply, 'SIGN_IN_PAGE', page))
  }
  app.get('/error', (request, reply) => answers.problem(request, reply, 'ERR_INTERNAL'))
  const signOuts: IncomingMessage['headers'][] = []
  app.addContentTypeParser('*', (_request, body, done) => {
    body.resume().once('end', () => done(null))
  })
  app.post('/sign_out', (request, reply) => {
    signOuts.push(request.headers)
    return reply.redirect(`http://127.0.0.1:${address.port}/end`, 303)
  })
  const listening = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  // Fetch Metadata comes to trustworthy origins only; localhost is one.
  return { origin: `http://localhost:${listening.port}`, signOuts }
}

t.test('a browser finds nothing to complain about', async (t) => {
  const { origin } = await serve(t)
  const browser = await launchBrowser(t)
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ colorScheme })
    const complaints: string[] = []
    page.on('console', (message) => {
      // The answer's status, which is no fault of the page.
      if (!message.text().includes('status of 500')) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    for (const path of addresses) {
      await page.goto(origin + path)
      t.same(complaints, [], path)
      t.equal(await styled(page), colorScheme, `${path} is styled for ${colorScheme}`)
    }
    await page.close()
  }
})

t.test('a narrow phone needs no sideways scrolling, whatever the names', async (t) => {
  const { origin } = await serve(t)
  const browser = await launchBrowser(t)
  const page = await browser.newPage({ viewport: { width: 320, height: 640 } })
  for (const path of addresses) {
    await page.goto(origin + path)
    const excess = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    t.equal(excess, 0, path)
  }
})

t.test('a screen reader finds its way', async (t) => {
  const { origin } = await serve(t)
  const page = await (await launchBrowser(t)).newPage()
  await page.goto(`${origin}/sign-in`)
  t.equal(await page.getByRole('banner').count(), 1)
  t.equal(await page.getByRole('main').count(), 1)
  t.equal(await page.getByRole('heading', { level: 1, name: 'Sign in' }).count(), 1)
  const ways = page.getByRole('navigation', { name: 'Ways to sign in' })
  t.equal(await ways.getByRole('link', { name: 'Corporate login', exact: true }).count(), 1)
  await page.keyboard.press('Tab')
  t.equal(await page.locator(':focus-visible').getAttribute('href'), '/start?provider=corp')
  const outline = await page
    .locator(':focus-visible')
    .evaluate((element) => getComputedStyle(element).outlineStyle)
  t.equal(outline, 'solid')
  await page.goto(`${origin}/forbidden`)
  t.equal(await page.getByRole('button', { name: 'Use another account' }).count(), 1)
  t.equal(await page.getByRole('link', { name: 'Go to the start page' }).count(), 1)
})

t.test('RPL-4 the form signs out without script and leads on to the provider', async (t) => {
  const { origin, signOuts } = await serve(t)
  const browser = await launchBrowser(t)
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto(`${origin}/confirm`)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL(/\/end$/)
  t.match(await page.content(), 'at the provider')
  t.match(signOuts, [{ origin, 'sec-fetch-site': 'same-origin' }])
})

/** Whether the stylesheet is at work, and which of its colour schemes. */
function styled(page: Page): Promise<string> {
  return page.evaluate(() => {
    const main = document.querySelector('main')
    const colour = main && getComputedStyle(main).backgroundColor
    return colour === 'rgb(255, 255, 255)' ? 'light' : colour === 'rgb(23, 27, 35)' ? 'dark' : 'not'
  })
}
