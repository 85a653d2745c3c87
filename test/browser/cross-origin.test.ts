import { once } from 'node:events'
import type { Page } from 'playwright-core'
import t from 'tap'
import { WebSocket } from 'ws'
import { launchBrowser, openProfile, signInHere } from '../helpers/browser.js'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { signIn, startStack } from '../helpers/stack.js'
import { startUpstream } from '../helpers/upstream.js'
import { until } from '../session/fixtures.js'

t.setTimeout(120_000)

const browser = await launchBrowser(t)
// Of the same site for browsers, which do not tell ports apart, so that they send the cookies there.
const elsewhere = await startUpstream((request, response) => {
  response.setHeader('content-type', 'text/html')
  response.end(new URL(request.url ?? '/', 'http://x').searchParams.get('body') ?? '')
})
t.teardown(() => elsewhere.close())
const sibling = `http://localhost:${elsewhere.port}`

const application = await startUpstream((request, response) => {
  response.setHeader('access-control-allow-origin', request.headers.origin ?? '*')
  response.setHeader('access-control-allow-credentials', 'true')
  response.setHeader('access-control-allow-methods', 'PUT')
  response.setHeader('access-control-allow-headers', 'content-type')
  response.setHeader('content-type', 'text/html')
  response.end('<h1>The application</h1>')
})
t.teardown(() => application.close())

const upstream = application.url
const stack = await startStack(t, {
  config: {
    routes: [
      { match: { path: '/public/' }, auth: 'public', upstream },
      {
        match: { path: '/shared/' },
        upstream,
        crossOrigin: { origins: [sibling], preflight: 'pass' },
      },
      { match: { path: '/' }, upstream },
    ],
  },
})
const { publicUrl, valetkey } = stack
const profile = await openProfile(t, browser)
const page = await profile.newPage()
await page.goto(publicUrl)
await signInHere(page, 'alice')
await page.waitForURL(`${publicUrl}/`)
t.beforeEach(() => application.forget())

/** What a script of the sibling's page gets for a request that carries the cookies. */
function send(
  from: Page,
  path: string,
  init: { method: string; headers?: Record<string, string> },
) {
  return from.evaluate(
    async ([url, options]) => {
      const answer = await fetch(url, { ...options, credentials: 'include' }).catch(String)
      if (typeof answer === 'string') return { status: 0, answer: null, body: '' }
      const name = answer.headers.get('x-valetkey-answer')
      return { status: answer.status, answer: name, body: await answer.text() }
    },
    [publicUrl + path, init] as const,
  )
}

const opens = (from: Page, path: string) =>
  from.evaluate(
    (url) =>
      new Promise<boolean>((resolve) => {
        const socket = new WebSocket(url)
        socket.addEventListener('open', () => resolve(true))
        socket.addEventListener('error', () => resolve(false))
      }),
    publicUrl.replace('http', 'ws') + path,
  )

const methods = () => application.requests.map(({ method }) => method)

t.test(
  'FM-3 BFF-3 a form of another origin is not carried out, with a body or without',
  async (t) => {
    const action = `${publicUrl}/delete`
    for (const field of ['<input name="all" value="1">', '']) {
      const form = `<form method="post" action="${action}">${field}<button>Win</button></form>`
      await page.goto(`${sibling}/?body=${encodeURIComponent(form)}`)
      await page.getByRole('button').click()
      await page.getByRole('heading', { name: 'This request came from another site' }).waitFor()
    }
    t.same(methods(), [])
    await until(() => valetkey.log.some((line) => line.includes('"initiator":"same-site"')))

    const form = `<form method="post" action="${publicUrl}/public/vote"><button>Vote</button></form>`
    await page.goto(`${sibling}/?body=${encodeURIComponent(form)}`)
    await page.getByRole('button').click()
    await page.getByRole('heading', { name: 'The application' }).waitFor()
    t.same(methods(), ['POST'], 'a public route has no session to abuse')
  },
)

t.test('FM-3 a listed origin may change things, others may not', async (t) => {
  await page.goto(sibling)
  t.match(await send(page, '/shared/thing', { method: 'POST' }), { status: 200 })
  t.equal(application.requests[0]?.headers['x-forwarded-user'], 'alice')
  t.match(await send(page, '/thing', { method: 'POST' }), { status: 0 })
  t.same(methods(), ['POST'])
})

t.test('FM-3 a WebSocket opens for the own and for listed origins only', async (t) => {
  await page.goto(sibling)
  t.equal(await opens(page, '/shared/socket'), true)
  t.equal(await opens(page, '/socket'), false)
  await page.goto(publicUrl)
  t.equal(await opens(page, '/socket'), true)
})

t.test(
  'FM-5 a preflight reaches the upstream where the route says so, as a stranger',
  async (t) => {
    await page.goto(sibling)
    const put = { method: 'PUT', headers: { 'content-type': 'application/json' } }
    t.match(await send(page, '/shared/thing', put), { status: 200 })
    t.same(methods(), ['OPTIONS', 'PUT'])
    const [preflight, request] = application.requests
    t.equal(preflight?.headers['x-forwarded-user'], undefined)
    t.equal(preflight?.headers.authorization, undefined)
    t.equal(request?.headers['x-forwarded-user'], 'alice')
    t.match(await send(page, '/thing', put), { status: 0 })
    t.same(methods(), ['OPTIONS', 'PUT'])
  },
)

t.test('FM-5 B16-13 what a client slips into a preflight reaches nobody', async (t) => {
  const answer = await fetch(`${publicUrl}/shared/thing`, {
    method: 'OPTIONS',
    headers: {
      origin: sibling,
      'access-control-request-method': 'PUT',
      'x-forwarded-user': 'mallory',
      x_forwarded_email: 'mallory@example.com',
      authorization: 'Bearer mine',
    },
  })
  t.equal(answer.status, 200)
  t.notMatch(JSON.stringify(application.requests), /mallory|mine/)
})

t.test('problem details can be read by scripts of a listed origin', async (t) => {
  const stranger = await (await openProfile(t, browser)).newPage()
  await stranger.goto(sibling)
  const refused = await send(stranger, '/shared/thing', { method: 'GET' })
  t.match(refused, { status: 401, answer: 'ERR_LOGIN_REQUIRED' })
  t.match(JSON.parse(refused.body), { code: 'ERR_LOGIN_REQUIRED', login_url: /\/oauth2\/start/ })
  t.match(await send(stranger, '/thing', { method: 'GET' }), { status: 0 })
})

t.test('FM-3 programs are not concerned: without an Origin, or without a session', async (t) => {
  const { client } = await signIn(stack, 'alice')
  t.equal((await client(`${publicUrl}/thing`, { method: 'POST' })).status, 200)
  const foreign = { method: 'POST', headers: { origin: 'https://elsewhere.example' } }
  t.equal((await client(`${publicUrl}/thing`, foreign)).status, 403)
  t.equal((await createJarFetch()(`${publicUrl}/thing`, foreign)).status, 401, 'no session, no 403')

  const url = publicUrl.replace('http', 'ws')
  const cookie = client.cookieFor(publicUrl)
  const socket = new WebSocket(url, { headers: { cookie, origin: 'null' } })
  const [, response] = await once(socket, 'unexpected-response')
  t.equal(response.statusCode, 403)
})
