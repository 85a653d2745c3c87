import t from 'tap'
import { createJarFetch, type JarFetch } from '../helpers/jar-fetch.js'
import { signInAtProvider } from '../helpers/provider.js'
import { asNavigation, signIn, startStack } from '../helpers/stack.js'
import { startUpstream } from '../helpers/upstream.js'

t.setTimeout(120_000)

/** Asks for a second factor: below `/never/` each time, elsewhere until it sees another access token. */
let firstToken: string | undefined
const guarded = await startUpstream((request, response) => {
  const { authorization } = request.headers
  firstToken ??= authorization
  const isEnough = authorization !== firstToken && !request.url?.startsWith('/guarded/never/')
  response.statusCode = isEnough ? 200 : 401
  if (!isEnough) {
    const error = 'error="insufficient_user_authentication"'
    response.setHeader('www-authenticate', `Bearer ${error}, acr_values="mfa", max_age="600"`)
  }
  response.end('of the upstream')
})
t.teardown(() => guarded.close())
const echo = await startUpstream()
t.teardown(() => echo.close())
const upstream = echo.url
const stack = await startStack(t, {
  config: {
    routes: [
      { match: { path: '/mfa/' }, require: { groups: ['staff'], acr: ['mfa', 'phr'] }, upstream },
      { match: { path: '/fresh/' }, require: { maxAge: '1h' }, upstream },
      { match: { path: '/guarded/' }, upstream: guarded.url },
      { match: { path: '/' }, upstream },
    ],
  },
})
const { provider, publicUrl } = stack

const ticketOf = (client: JarFetch) =>
  /(?:^|; )(valetkey=[^;]+)/.exec(client.cookieFor(publicUrl))?.[1] ?? ''

interface Answer {
  readonly status: number
  /** Absolute; empty when there is none. */
  readonly location: string
  readonly name: string | null
  readonly challenge: string
  readonly body: string
}

async function ask(
  client: JarFetch,
  target: string,
  headers: Record<string, string> = asNavigation,
): Promise<Answer> {
  const url = new URL(target, publicUrl).href
  const response = await client(url, { headers })
  const location = response.headers.get('location')
  return {
    status: response.status,
    location: location === null ? '' : new URL(location, url).href,
    name: response.headers.get('x-valetkey-answer'),
    challenge: response.headers.get('www-authenticate') ?? '',
    body: await response.text(),
  }
}

/** Follows a redirect to the provider and back; gives what was asked of it, and the callback's answer. */
async function stepUp(
  client: JarFetch,
  startUrl: string,
  login: string,
): Promise<{ asked: URLSearchParams; callback: Answer }> {
  const { location } = await ask(client, startUrl)
  const callback = await signInAtProvider(client, location, login)
  return { asked: new URL(location).searchParams, callback: await ask(client, callback) }
}

t.beforeEach(() => provider.honourAcrValues(true))

t.test('STEP-3 a person is sent to the provider for what the route needs', async (t) => {
  const { client } = await signIn(stack, 'bob')
  const before = ticketOf(client)
  const first = await ask(client, '/mfa/page?x=1')
  t.match(first, { status: 302, name: 'STEP_UP_REQUIRED' })
  const { asked, callback } = await stepUp(client, first.location, 'bob')
  t.equal(asked.get('acr_values'), 'mfa phr')
  t.equal(asked.get('prompt'), null)
  t.equal(asked.get('max_age'), null)
  t.equal(callback.location, `${publicUrl}/mfa/page?x=1`)
  t.match(await ask(client, callback.location), { status: 200, name: null })

  t.not(ticketOf(client), before, 'another session')
  const page = await ask(client, '/oauth2/sessions')
  t.notMatch(page.body, 'Sign out everywhere', 'which takes the place of the one before')
})

t.test('STEP-3 who is not signed in is asked for it at once', async (t) => {
  const client = createJarFetch()
  const first = await ask(client, '/mfa/page')
  t.match(first, { status: 302, name: 'LOGIN_REQUIRED' })
  const { asked, callback } = await stepUp(client, first.location, 'bob')
  t.equal(asked.get('acr_values'), 'mfa phr')
  t.equal(callback.location, `${publicUrl}/mfa/page`)
  t.match(await ask(client, callback.location), { status: 200, name: null }, 'in one trip')

  const program = await ask(createJarFetch(), '/fresh/', { accept: 'application/json' })
  t.match(program, { status: 401, name: 'ERR_LOGIN_REQUIRED' })
  const { location } = await ask(createJarFetch(), JSON.parse(program.body).login_url)
  t.equal(new URL(location).searchParams.get('max_age'), '3600')
})

t.test('STEP-2 a first login that does not bring it signs nobody in', async (t) => {
  provider.honourAcrValues(false)
  const { client } = await signIn(stack, 'bob')
  await ask(client, '/oauth2/sign_out')
  const { location } = await ask(client, '/mfa/')
  const { callback } = await stepUp(client, location, 'nobody is asked')
  t.match(callback, { status: 403, name: 'ERR_STEP_UP_FAILED', location: '' })
  t.equal(ticketOf(client), '')
})

t.test('STEP-3 an age that the session does not tell is asked for as well', async (t) => {
  const { client } = await signIn(stack, 'alice')
  const { location } = await ask(client, '/fresh/')
  const { asked, callback } = await stepUp(client, location, 'nobody is asked')
  t.equal(asked.get('max_age'), '3600')
  t.equal(asked.get('acr_values'), null)
  t.match(await ask(client, callback.location), { status: 200 })
})

t.test('STEP-3 a program is told what is needed', async (t) => {
  const { client } = await signIn(stack, 'alice')
  const page = `${publicUrl}/page`
  const answer = await ask(client, '/mfa/', { accept: 'application/json', referer: page })
  t.equal(answer.status, 401)
  t.match(
    answer.challenge,
    /^Bearer realm="localhost:\d+", error="insufficient_user_authentication"/,
  )
  t.match(answer.challenge, /, acr_values="mfa phr"$/)
  const { code, login_url: loginUrl } = JSON.parse(answer.body)
  t.equal(code, 'ERR_STEP_UP_REQUIRED')
  const { callback } = await stepUp(client, loginUrl, 'alice')
  t.equal(callback.location, page)
  t.match(await ask(client, '/mfa/', { accept: 'application/json' }), { status: 200 })
})

t.test('who lacks more than that is not sent anywhere', async (t) => {
  const { client } = await signIn(stack, 'carol')
  t.match(await ask(client, '/mfa/'), { status: 403, name: 'ERR_ACCESS_DENIED' })
})

t.test('STEP-2 a provider that does not step up leaves everything as it was', async (t) => {
  provider.honourAcrValues(false)
  const { client } = await signIn(stack, 'bob')
  const before = ticketOf(client)
  const { location } = await ask(client, '/mfa/')
  const { callback } = await stepUp(client, location, 'nobody is asked')
  t.match(callback, { status: 403, name: 'ERR_STEP_UP_FAILED', location: '' })
  t.equal(ticketOf(client), before)
  t.match(await ask(client, '/'), { status: 200 })

  const [, again = ''] = /href="([^"]*step_up=[^"]*)"/.exec(callback.body) ?? []
  const second = await stepUp(client, again.replaceAll('&amp;', '&'), 'bob')
  t.equal(second.asked.get('prompt'), 'login', 'the person may insist')
  t.equal(second.asked.get('acr_values'), 'mfa phr')
  t.match(await ask(client, second.callback.location), { status: 200 })
})

t.test('nobody but Valetkey names what a login is to bring', async (t) => {
  for (const sealed of ['', 'x', 'A'.repeat(200), 'A'.repeat(5000)]) {
    const answer = await ask(createJarFetch(), `/oauth2/start?step_up=${sealed}`)
    t.match(answer, { status: 400, name: 'ERR_REQUEST', location: '' })
  }
  const { location } = await ask(createJarFetch(), '/oauth2/start?acr_values=mfa&max_age=1')
  const asked = new URL(location).searchParams
  t.notOk(asked.has('acr_values') || asked.has('max_age') || asked.has('prompt'))
})

t.test('STEP-1 an upstream gets the authentication that it asks for', async (t) => {
  const { client } = await signIn(stack, 'alice')
  const program = await ask(client, '/guarded/', { accept: 'application/json' })
  t.match(program, { status: 401, name: null, body: 'of the upstream' }, 'a program handles it')
  t.match(program.challenge, /^Bearer error=.*max_age="600"$/)

  const first = await ask(client, '/guarded/')
  t.match(first, { status: 302, name: 'STEP_UP_REQUIRED' })
  t.equal(first.challenge, '')
  const { asked, callback } = await stepUp(client, first.location, 'alice')
  t.equal(asked.get('acr_values'), 'mfa')
  t.equal(asked.get('max_age'), '600')
  t.match(await ask(client, callback.location), { status: 200, body: 'of the upstream' })
})

t.test('STEP-2 an upstream that is never content makes no circle', async (t) => {
  const { client } = await signIn(stack, 'alice')
  const { location } = await ask(client, '/guarded/never/')
  const { callback } = await stepUp(client, location, 'alice')
  const last = await ask(client, callback.location)
  t.match(last, { status: 403, name: 'ERR_STEP_UP_FAILED' })
  t.match(last.body, /Signed in as .*alice/)
})
