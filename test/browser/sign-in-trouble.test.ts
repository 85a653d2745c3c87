import { request } from 'node:http'
import t, { type Test } from 'tap'
import { launchBrowser, openProfile, signInHere, watchTab } from '../helpers/browser.js'
import { startTlsFront } from '../helpers/tls-front.js'
import { startUpstream } from '../helpers/upstream.js'
import { sessionKey } from '../helpers/stack.js'
import { startWebStack } from '../helpers/web-application.js'
import type { ValetkeyProcess } from '../helpers/valetkey.js'

t.setTimeout(120_000)

const browser = await launchBrowser(t, { hosts: ['app.test', 'www.app.test'] })
const heading = { name: 'This sign-in cannot be continued' }

/** The log says the same as the page, under the request id that the page shows. */
function expectLogged(t: Test, { log }: ValetkeyProcess, text: string, causes: string[]): void {
  const requestId = /Request id\s+(\S+)/.exec(text)?.[1]
  const line = log.find((each) => each.includes('gets nowhere') && each.includes(`"${requestId}"`))
  t.match(JSON.parse(line ?? '{}'), { causes })
}

t.test('blocked cookies are named, and it does not go round in circles', async (t) => {
  const { publicUrl, valetkey } = await startWebStack(t)
  const profile = await openProfile(t, browser)
  const page = await profile.newPage()
  const { answers } = watchTab(page)
  await page.goto(`${publicUrl}/wanted`)
  // What a browser that blocks the site's cookies has kept of them.
  await profile.clearCookies({ domain: 'localhost' })
  await signInHere(page, 'alice')
  await page.getByRole('heading', heading).waitFor()
  const text = await page.getByRole('main').innerText()
  t.match(text, /The cookie valetkey-login-\S+ did not come back/)
  t.match(text, 'Cookies seem to be blocked')
  expectLogged(t, valetkey, text, ['cookies_blocked'])
  t.equal(answers.filter(({ url }) => url.includes('/oauth2/callback')).length, 1)
})

t.test('an https application reached over http says so', async (t) => {
  const front = await startTlsFront()
  t.teardown(() => front.close())
  const publicUrl = front.url.replace('localhost', 'app.test')
  const { provider, valetkey } = await startWebStack(t, { config: { publicUrl } })
  front.forwardTo(Number(new URL(valetkey.url).port))
  provider.redirectUris.add(`${publicUrl}/oauth2/callback`)
  const page = await (await openProfile(t, browser, { ignoreHTTPSErrors: true })).newPage()
  await page.goto(`http://app.test:${new URL(valetkey.url).port}/wanted`)
  await signInHere(page, 'alice')
  await page.getByRole('heading', heading).waitFor()
  const text = await page.getByRole('main').innerText()
  t.match(text, /The cookie __Host-valetkey-login-\S+ did not come back/)
  t.match(text, `Open ${publicUrl} instead`)
  expectLogged(t, valetkey, text, ['begun_over_http'])

  await page.getByRole('link', { name: 'Start the sign-in again' }).click()
  await page.waitForURL(`${publicUrl}/wanted`)
})

t.test('a sign-in that began at another host says so', async (t) => {
  const { publicUrl, valetkey } = await startWebStack(t)
  const { port } = new URL(publicUrl)
  const page = await (await openProfile(t, browser)).newPage()
  await page.goto(`http://www.app.test:${port}/oauth2/start?rd=/wanted`)
  await signInHere(page, 'alice')
  await page.getByRole('heading', heading).waitFor()
  const text = await page.getByRole('main').innerText()
  t.match(text, `began at www.app.test:${port} and came back to localhost:${port}`)
  expectLogged(t, valetkey, text, ['begun_at_other_host'])
})

t.test('whoever signs in again and again gets an explanation, not another redirect', async (t) => {
  const targets = { endpoints: '', pages: '' }
  const front = await startUpstream((asked, answer) => {
    const { url = '/', headers } = asked
    const target = url.startsWith('/oauth2/') ? targets.endpoints : targets.pages
    request(target + url, { headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.rawHeaders)
      response.pipe(answer)
    }).end()
  })
  t.teardown(() => front.close())
  const publicUrl = `http://localhost:${front.port}`
  const one = await startWebStack(t, { config: { publicUrl }, session: { keys: [sessionKey] } })
  one.provider.redirectUris.add(`${publicUrl}/oauth2/callback`)
  // As behind a balancer: each process has its sessions in its own memory.
  Object.assign(targets, { endpoints: one.valetkey.url, pages: (await one.startReplica()).url })

  const page = await (await openProfile(t, browser)).newPage()
  const { answers } = watchTab(page)
  await page.goto(`${publicUrl}/wanted`)
  await signInHere(page, 'alice')
  await page.getByRole('heading', { name: 'You are asked to sign in again and again' }).waitFor()
  const text = await page.getByRole('main').innerText()
  t.match(text, 'With session.store: memory each process knows its own sessions alone')
  expectLogged(t, one.valetkey, text, ['sessions_in_memory', 'asked_again'])
  t.equal(answers.filter(({ answer }) => answer === 'LOGIN_FINISHED').length, 2)
  t.equal(one.provider.tokenRequests.length, 3)
})
