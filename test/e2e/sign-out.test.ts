import t from 'tap'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { asNavigation, signIn, startStack } from '../helpers/stack.js'

t.setTimeout(120_000)

const fromHere = { ...asNavigation, 'sec-fetch-site': 'same-origin' }

t.test(
  'RPL-1 RPL-2 the session ends here before the browser is sent to end it there',
  async (t) => {
    const stack = await startStack(t)
    const { publicUrl, provider } = stack
    const { client } = await signIn(stack, 'alice')
    const cookie = client.cookieFor(publicUrl)
    const response = await client(`${publicUrl}/oauth2/sign_out?rd=/bye`, { headers: fromHere })
    t.equal(response.status, 302)
    const request = new URL(response.headers.get('location') ?? '')
    t.equal(request.origin, provider.issuer)
    const { searchParams } = request
    t.ok(provider.secrets.includes(searchParams.get('id_token_hint') ?? ''))
    t.equal(searchParams.get('client_id'), provider.clientId)
    t.equal(searchParams.get('post_logout_redirect_uri'), `${publicUrl}/oauth2/signed_out`)
    t.ok((searchParams.get('state') ?? '').length >= 16)
    t.notMatch(client.cookieFor(publicUrl), /valetkey=/, 'the cookie is cleared')
    const old = await createJarFetch()(`${publicUrl}/`, { headers: { cookie } })
    t.equal(old.status, 401, 'and worth nothing if it was kept')

    const back = await client(`${publicUrl}/oauth2/signed_out?state=${searchParams.get('state')}`)
    t.equal(back.headers.get('location'), '/bye')
  },
)

t.test('E11 RPL-1 a logout request too long for an address becomes a form', async (t) => {
  const stack = await startStack(t)
  const { provider, publicUrl } = stack
  const groups = Array.from({ length: 300 }, (_none, index) => `group-of-alice-${index}`)
  provider.people.set('alice', { ...provider.people.get('alice'), groups })
  const { client } = await signIn(stack, 'alice')
  const response = await client(`${publicUrl}/oauth2/sign_out`, { headers: asNavigation })
  t.equal(response.status, 200)
  const page = await response.text()
  t.match(page, `action="${provider.issuer}/session/end"`)
  t.match(page, /name="id_token_hint"/)
})

t.test('RPL-3 a post-logout state that is missing or another still ends at a page', async (t) => {
  const { publicUrl } = await startStack(t)
  for (const query of ['', '?state=', '?state=another', '?state=a.b', '?state=x&state=y']) {
    const response = await createJarFetch()(`${publicUrl}/oauth2/signed_out${query}`, {
      headers: { ...asNavigation, 'sec-fetch-site': 'cross-site' },
    })
    t.equal(response.status, 200)
    t.match(await response.text(), /signed out/)
  }
})

t.test('RPL-4 no other site signs anybody out', async (t) => {
  const stack = await startStack(t)
  const { publicUrl } = stack
  const { client } = await signIn(stack, 'alice')
  const signedIn = async () => (await client(`${publicUrl}/`)).status === 200
  const url = `${publicUrl}/oauth2/sign_out`

  const link = await client(url, { headers: { ...asNavigation, 'sec-fetch-site': 'cross-site' } })
  const page = await link.text()
  t.equal(link.status, 200, 'a link elsewhere gets a page that asks')
  t.match(page, /<form method="post"/)
  t.ok(await signedIn())

  for (const headers of [
    { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    { ...asNavigation, 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'iframe' },
    { accept: 'text/html', referer: 'https://elsewhere.example/' },
  ]) {
    t.equal((await client(url, { headers })).status, 200)
    t.ok(await signedIn(), 'neither an image nor a frame nor an old browser')
  }
  for (const headers of [
    {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      origin: 'https://elsewhere.example',
    },
    { origin: 'https://elsewhere.example' },
    { origin: 'null' },
  ]) {
    const forged = await client(url, { method: 'POST', headers })
    t.equal(forged.status, 403)
    t.equal(forged.headers.get('x-valetkey-answer'), 'ERR_CROSS_SITE_REQUEST')
    t.ok(await signedIn())
  }
  const confirmed = await client(url, {
    method: 'POST',
    headers: { ...fromHere, origin: publicUrl },
  })
  t.equal(confirmed.status, 303)
  t.notOk(await signedIn())
})

t.test('RPL-5 BCP-1 rd leads nowhere else', async (t) => {
  const stack = await startStack(t)
  const { publicUrl } = stack
  const client = createJarFetch()
  for (const rd of [
    '//evil.example',
    '/\\evil.example',
    'https:evil.example',
    '\t//evil.example',
    'javascript:alert(1)',
  ]) {
    const response = await client(`${publicUrl}/oauth2/sign_out?rd=${encodeURIComponent(rd)}`, {
      headers: fromHere,
    })
    t.equal(response.status, 200, 'the page instead')
    t.equal(response.headers.get('location'), null)
    await response.text()
  }
})

t.test('a second sign-out of the same browser ends at the page', async (t) => {
  const stack = await startStack(t)
  const { client } = await signIn(stack, 'alice')
  const url = `${stack.publicUrl}/oauth2/sign_out`
  t.equal((await client(url, { headers: fromHere })).status, 302)
  t.equal((await client(url, { headers: fromHere })).status, 200)
})
