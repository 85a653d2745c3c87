import t from 'tap'
import { createJarFetch, type JarFetch, withCookie } from '../helpers/jar-fetch.js'
import { signInAtProvider } from '../helpers/provider.js'
import { asNavigation, signIn, type Stack, startStack } from '../helpers/stack.js'

t.setTimeout(120_000)

/** Begins a login and goes through the provider's pages; gives the callback that was not requested. */
async function callbackOf(stack: Stack, client: JarFetch, returnTo = '/'): Promise<string> {
  const start = `${stack.publicUrl}/oauth2/start?rd=${encodeURIComponent(returnTo)}`
  const response = await client(start, { headers: asNavigation })
  await response.text()
  return signInAtProvider(client, response.headers.get('location') ?? '', 'alice')
}

const tokenRequestsOf = ({ provider }: Stack) =>
  provider.requests.filter((line) => line === 'POST /token').length

t.test('CORE-3 BCP-4 B16-26 a callback that nobody waits for makes no token request', async (t) => {
  const stack = await startStack(t)
  const { publicUrl } = stack

  async function expectRefusal(t: Tap, client: JarFetch, url: string, code: string): Promise<void> {
    const before = tokenRequestsOf(stack)
    const response = await client(url, { headers: asNavigation })
    const page = await response.text()
    t.equal(response.status, 400)
    t.equal(response.headers.get('x-valetkey-answer'), code)
    t.match(page, /Start the sign-in again/, 'the page says what to do')
    t.equal(tokenRequestsOf(stack), before, 'no token request')
    t.notMatch(client.cookieFor(publicUrl), /(^|; )valetkey=/, 'no session')
  }

  t.test('forged', async (t) => {
    const url = `${publicUrl}/oauth2/callback?code=forged&state=forged`
    await expectRefusal(t, createJarFetch(), url, 'ERR_CALLBACK_STATE')
  })
  t.test('without a state', async (t) => {
    await expectRefusal(
      t,
      createJarFetch(),
      `${publicUrl}/oauth2/callback?code=x`,
      'ERR_CALLBACK_STATE',
    )
  })
  t.test('of another browser (login CSRF, BCP-2)', async (t) => {
    const url = await callbackOf(stack, createJarFetch())
    const victim = createJarFetch()
    await callbackOf(stack, victim)
    await expectRefusal(t, victim, url, 'ERR_CALLBACK_STATE')
  })
  t.test('with the cookie of another login under its name', async (t) => {
    const url = await callbackOf(stack, createJarFetch())
    const client = createJarFetch()
    await callbackOf(stack, client)
    const state = new URL(url).searchParams.get('state') ?? ''
    const value = client.cookieFor(publicUrl).split('=')[1] ?? ''
    const cookie = `valetkey-login-${state.slice(0, 16)}=${value}`
    const planted = withCookie(client, cookie)
    await expectRefusal(t, planted, url, 'ERR_CALLBACK_STATE')
  })
  t.test('with two states', async (t) => {
    const client = createJarFetch()
    const url = await callbackOf(stack, client)
    await expectRefusal(t, client, `${url}&state=another`, 'ERR_CALLBACK_STATE')
  })
  t.test('used before, by somebody who kept the cookie', async (t) => {
    const client = createJarFetch()
    const url = await callbackOf(stack, client)
    const cookie = client.cookieFor(publicUrl)
    const first = await client(url, { headers: asNavigation })
    t.equal(first.status, 302)
    await expectRefusal(t, withCookie(createJarFetch(), cookie), url, 'ERR_CALLBACK_STATE')
  })
})

type Tap = Pick<typeof t, 'equal' | 'match' | 'notMatch'>

t.test('a stale callback of somebody who is signed in goes to the return-to', async (t) => {
  const stack = await startStack(t)
  const client = createJarFetch()
  const url = await callbackOf(stack, client, '/where?I=was')
  const finished = await client(url, { headers: asNavigation })
  t.equal(finished.headers.get('x-valetkey-answer'), 'LOGIN_FINISHED')
  const before = tokenRequestsOf(stack)
  const again = await client(url, { headers: asNavigation })
  t.equal(again.status, 302)
  t.equal(again.headers.get('x-valetkey-answer'), 'SIGNED_IN_ALREADY', 'it finished nothing')
  t.equal(again.headers.get('location'), '/where?I=was')
  t.equal(tokenRequestsOf(stack), before)
})

t.test(
  'CORE-2 an error of the provider is shown once, escaped, after the state was checked',
  async (t) => {
    const stack = await startStack(t)
    const client = createJarFetch()
    const start = await client(`${stack.publicUrl}/oauth2/start?rd=/x`, { headers: asNavigation })
    const state = new URL(start.headers.get('location') ?? '').searchParams.get('state') ?? ''
    const error = new URLSearchParams({
      error: 'access_denied',
      error_description: '<script>alert(1)</script>',
      iss: stack.provider.issuer,
    })
    const forged = await client(
      `${stack.publicUrl}/oauth2/callback?${error.toString()}&state=forged`,
      {
        headers: asNavigation,
      },
    )
    t.equal(forged.headers.get('x-valetkey-answer'), 'ERR_CALLBACK_STATE')

    error.set('state', state)
    const denied = await client(`${stack.publicUrl}/oauth2/callback?${error.toString()}`, {
      headers: asNavigation,
    })
    const page = await denied.text()
    t.equal(denied.status, 403)
    t.equal(denied.headers.get('x-valetkey-answer'), 'ERR_CALLBACK_DENIED')
    t.notMatch(page, /<script>/)
    t.equal(denied.headers.get('location'), null, 'no loop')
    t.match(page, /rd=%2Fx/, 'the way forward leads to where the person wanted to go')
  },
)

t.test('PKCE-1 CORE-1 BCP-4 two logins share no value', async (t) => {
  const stack = await startStack(t)
  const begin = async () => {
    const response = await createJarFetch()(`${stack.publicUrl}/oauth2/start`, {
      headers: asNavigation,
    })
    return new URL(response.headers.get('location') ?? '').searchParams
  }
  const [one, other] = [await begin(), await begin()]
  for (const name of ['state', 'nonce', 'code_challenge']) t.not(one.get(name), other.get(name))
  t.equal(one.get('code_challenge_method'), 'S256')
  t.equal(one.get('redirect_uri'), `${stack.publicUrl}/oauth2/callback`)
})

t.test(
  'CK-2 at most four logins are pending, the oldest is dropped, tabs do not disturb each other',
  async (t) => {
    const stack = await startStack(t)
    const client = createJarFetch()
    const callbacks: string[] = []
    for (let tab = 0; tab < 5; tab++) callbacks.push(await callbackOf(stack, client, `/tab-${tab}`))
    const pending = client
      .cookieFor(stack.publicUrl)
      .split('; ')
      .filter((each) => each.includes('-login-'))
    t.equal(pending.length, 4)
    for (const tab of [3, 1, 4, 2]) {
      const response = await client(callbacks[tab] ?? '', { headers: asNavigation })
      t.equal(response.headers.get('location'), `/tab-${tab}`)
    }
    t.notMatch(client.cookieFor(stack.publicUrl), /-login-/, 'cleared on completion')
    const { landed } = await signIn(stack, 'alice', { client, path: '/still-in' })
    t.match(landed, /still-in$/)
  },
)

t.test(
  'CK-7 B16-6 a login gives a new ticket whatever ticket came with it, and ends the old session',
  async (t) => {
    const stack = await startStack(t)
    const { client } = await signIn(stack, 'alice')
    const before = client.cookieFor(stack.publicUrl)
    const start = await client(`${stack.publicUrl}/oauth2/start`, { headers: asNavigation })
    // Another person signs in at the provider, in a browser that the provider does not know.
    const callback = await signInAtProvider(
      createJarFetch(),
      start.headers.get('location') ?? '',
      'bob',
    )
    t.equal((await client(callback, { headers: asNavigation })).status, 302)
    t.not(client.cookieFor(stack.publicUrl), before)
    const old = await createJarFetch()(`${stack.publicUrl}/`, { headers: { cookie: before } })
    t.equal(old.status, 401, "alice's session is gone")
  },
)

t.test('BCP-11 form_post: the authorization response arrives as a cross-site POST', async (t) => {
  const stack = await startStack(t, { providerConfig: { responseMode: 'form_post' } })
  const client = createJarFetch()
  const start = await client(`${stack.publicUrl}/oauth2/start?rd=/page`, { headers: asNavigation })
  t.match(start.headers.get('set-cookie'), /; Secure; SameSite=None/, 'CK-5')
  const form = await formPostOf(client, start.headers.get('location') ?? '')
  const response = await client(`${stack.publicUrl}/oauth2/callback`, {
    method: 'POST',
    headers: {
      ...asNavigation,
      'sec-fetch-site': 'cross-site',
      origin: stack.provider.issuer,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: form.toString(),
  })
  t.equal(response.status, 303)
  t.equal(response.headers.get('location'), '/page')
  t.equal((await client(`${stack.publicUrl}/page`)).status, 200)
})

/** Signs in and reads the form that the provider would let the browser send. */
async function formPostOf(client: JarFetch, url: string): Promise<URLSearchParams> {
  let current = url
  for (let hop = 0; hop < 10; hop++) {
    let response = await client(current)
    let body = await response.text()
    if (response.status === 200 && body.includes('name="login"')) {
      response = await client(current, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'login=alice',
      })
      body = await response.text()
    }
    const location = response.headers.get('location')
    if (location === null) {
      const fields = body.matchAll(/name="([^"]+)" value="([^"]*)"/g)
      return new URLSearchParams(Array.from(fields, ([, name = '', value = '']) => [name, value]))
    }
    current = new URL(location, current).href
  }
  throw new Error('no form came back')
}
