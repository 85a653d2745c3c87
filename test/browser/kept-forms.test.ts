import type { Page } from 'playwright-core'
import t from 'tap'
import { launchBrowser, openProfile, ownCookies, signInHere, watchTab } from '../helpers/browser.js'
import { startStack } from '../helpers/stack.js'
import { startUpstream } from '../helpers/upstream.js'

t.setTimeout(120_000)

const browser = await launchBrowser(t)
const posted: {
  url: string | undefined
  type: string
  body: string
  referer: string | undefined
  user: unknown
}[] = []
const application = await startUpstream((request, response) => {
  response.setHeader('content-type', 'text/html; charset=utf-8')
  if (request.method !== 'POST') {
    const [, enctype = ''] = (request.url ?? '').split('?', 2)
    response.end(`<form method="post" action="save?x=1" enctype="${enctype}">
      <textarea name="text"></textarea><input name="submit" value="<b>&quot;ä"><input type="file" name="file">
      <button name="how" value="now">Save</button></form>`)
    return
  }
  const { 'content-type': type = '', referer, 'x-forwarded-user': user } = request.headers
  const pieces: Buffer[] = []
  request.on('data', (piece: Buffer) => pieces.push(piece))
  request.on('end', () => {
    const body = Buffer.concat(pieces).toString()
    posted.push({ url: request.url, type, body, referer, user })
    response.end('<h1>Saved</h1>')
  })
})
t.teardown(() => application.close())
const upstream = application.url
const { publicUrl, valetkey } = await startStack(t, {
  config: {
    routes: [
      { match: { path: '/keep/' }, upstream, keepForms: true },
      { match: { path: '/' }, upstream },
    ],
  },
})
t.beforeEach(() => void (posted.length = 0))

/** Somebody writes something and is not signed in any more when they send it. */
async function sendLate(page: Page, path: string): Promise<void> {
  await page.goto(publicUrl + path)
  await signInHere(page, 'alice')
  await page.waitForURL(publicUrl + path)
  await page.getByRole('textbox').first().fill('first line\nsecond: %41+&')
  await page.context().clearCookies()
  await page.getByRole('button', { name: 'Save' }).click()
}

for (const [scripts, enctype] of [
  ['on', 'application/x-www-form-urlencoded'],
  ['on', 'multipart/form-data'],
  ['off', 'application/x-www-form-urlencoded'],
] as const) {
  t.test(`ING-8 a late form is sent after login: ${enctype}, scripts ${scripts}`, async (t) => {
    const profile = await openProfile(t, browser, { javaScriptEnabled: scripts === 'on' })
    const page = await profile.newPage()
    await sendLate(page, `/keep/write?${enctype}`)
    await signInHere(page, 'alice')
    if (scripts === 'off') await page.getByRole('button', { name: 'Send it now' }).click()
    await page.getByRole('heading', { name: 'Saved' }).waitFor()
    t.equal(page.url(), `${publicUrl}/keep/save?x=1`)
    t.equal(posted.length, 1)
    const [form] = posted
    t.match(form, { url: '/keep/save?x=1', user: 'alice', referer: `${publicUrl}/` })
    const headers = { 'content-type': form?.type ?? '' }
    const fields = [...(await new Response(form?.body ?? '', { headers }).formData())]
    t.match(fields.slice(0, 2), [
      ['text', 'first line\r\nsecond: %41+&'],
      ['submit', '<b>"ä'],
    ])
    t.same(
      fields.map(([name]) => name),
      ['text', 'submit', 'file', 'how'],
    )
    t.match(await ownCookies(profile), [{ name: 'valetkey' }])
    t.equal((await ownCookies(profile)).length, 1, 'nothing is left of the form')
    await page.goBack()
    t.equal(posted.length, 1, 'going back sends nothing')
  })
}

t.test(
  'ING-8 where forms are not kept people are told, and nothing is lost silently',
  async (t) => {
    const page = await (await openProfile(t, browser)).newPage()
    await sendLate(page, '/write')
    await page.getByRole('heading', { name: 'Your form was not sent' }).waitFor()
    await page.goBack()
    t.equal(await page.getByRole('textbox').first().inputValue(), 'first line\nsecond: %41+&')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('link', { name: 'Sign in' }).click()
    await signInHere(page, 'alice')
    await page.waitForURL(`${publicUrl}/write`)
    t.same(posted, [])
  },
)

t.test('ING-8 a form of another origin is not kept', async (t) => {
  const elsewhere = await startUpstream((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(`<form method="post" action="${publicUrl}/keep/save"><button>Win</button></form>`)
  })
  t.teardown(() => elsewhere.close())
  for (const host of ['localhost', 'elsewhere.localhost']) {
    const profile = await openProfile(t, browser)
    const page = await profile.newPage()
    await page.goto(`http://${host}:${elsewhere.port}/`)
    await page.getByRole('button').click()
    await page.getByRole('heading', { name: 'Your form was not sent' }).waitFor()
    t.same(await ownCookies(profile), [])
  }
})

t.test('ING-8 a program gets 401, and no cookie', async (t) => {
  const answer = await fetch(`${publicUrl}/keep/save`, {
    method: 'POST',
    body: new URLSearchParams({ a: '1' }),
    redirect: 'manual',
  })
  t.equal(answer.status, 401)
  t.equal(answer.headers.get('set-cookie'), null)
  t.match(await answer.json(), { code: 'ERR_LOGIN_REQUIRED' })
})

t.test(
  'ING-8 a form whose login never ends is lost with it, and a foreign id opens nothing',
  async (t) => {
    const page = await (await openProfile(t, browser)).newPage()
    const { answers } = watchTab(page)
    await page.goto(`${publicUrl}/oauth2/start?rd=/wanted&form=AAAAAAAAAAAAAAAA`)
    await signInHere(page, 'alice')
    await page.getByRole('heading', { name: 'Your form was not sent' }).waitFor()
    t.equal(answers.at(-1)?.answer, 'FORM_LOST')
    await page.getByRole('link', { name: 'Go on' }).click()
    await page.waitForURL(`${publicUrl}/wanted`)
    t.notMatch(valetkey.log.join('\n'), 'second: %41')
  },
)
