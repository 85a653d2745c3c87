import t from 'tap'
import type { ProviderConfig } from '../../src/config/schema.js'
import type { CannedAnswer } from '../helpers/hostile-provider.js'
import { setUpHostile } from './hostile-login.js'
import { setUp, signIn } from './real-login.js'

/** A provider that takes pushed requests, and one of its clients. */
async function setUpPushing(
  t: Parameters<typeof setUpHostile>[0],
  settings: Partial<ProviderConfig> = {},
) {
  const hostile = await setUpHostile(t, settings)
  const { metadata, issuer } = hostile.provider
  metadata['pushed_authorization_request_endpoint'] = `${issuer}/par`
  return hostile
}

t.test('PAR-1 a real provider takes the pushed request and signs in', async (t) => {
  const { party, provider } = await setUp(
    t,
    { pushedAuthorizationRequests: 'always' },
    { pushedRequests: 'offered' },
  )
  t.match(await signIn(party), { result: { identity: { sub: 'alice' } } })
  t.equal(provider.requests.filter((each) => each === 'POST /request').length, 1)
})

t.test(
  'PAR-1 B16-18 the client authenticates, and the browser carries a reference alone',
  async (t) => {
    const { provider, begin } = await setUpPushing(t, {
      pushedAuthorizationRequests: 'always',
      acrValues: ['mfa'],
    })
    const { url, transaction, redirectUri } = await begin()
    const { origin, pathname, searchParams } = new URL(url)
    t.equal(origin + pathname, `${provider.issuer}/authorize`)
    t.strictSame([...searchParams.keys()].toSorted(), ['client_id', 'request_uri'])
    t.equal(searchParams.get('client_id'), 'app')

    const push = provider.calls.find(({ path }) => path === '/par')
    t.match(push, { method: 'POST', authorization: /^Basic / })
    const { code_challenge: challenge, ...asked } = Object.fromEntries(push?.form ?? [])
    t.match(challenge, /^[\w-]{43}$/)
    t.strictSame(asked, {
      client_id: 'app',
      response_type: 'code',
      scope: 'openid profile email',
      redirect_uri: redirectUri,
      state: transaction.state,
      nonce: transaction.nonce,
      code_challenge_method: 'S256',
      acr_values: 'mfa',
    })
  },
)

t.test('PAR-2 each login pushes a request of its own', async (t) => {
  const { provider, begin, logIn } = await setUpPushing(t, {
    pushedAuthorizationRequests: 'always',
  })
  const [first, second] = [await begin(), await begin()]
  t.not(first.url, second.url)
  t.not(first.transaction.state, second.transaction.state)
  t.equal(provider.callsTo('/par'), 2)
  t.match(await logIn(), { identity: { sub: 'alice' } })
})

t.test('PAR-3 a provider that requires pushed requests gets them', async (t) => {
  const { party } = await setUp(t, {}, { pushedRequests: 'required' })
  t.match(await signIn(party), { result: { identity: { sub: 'alice' } } })
})

t.test('PAR-3 a provider that merely offers it gets none unasked', async (t) => {
  const { provider, begin } = await setUpPushing(t)
  const { url } = await begin()
  t.ok(new URL(url).searchParams.has('state'))
  t.equal(provider.callsTo('/par'), 0)
})

t.test('PAR-3 without an endpoint to push to nobody is sent to the provider', async (t) => {
  const configured = await setUpHostile(t, { pushedAuthorizationRequests: 'always' })
  await t.rejects(configured.begin(), { code: 'ERR_PROVIDER_METADATA' })
  const required = await setUpHostile(t)
  required.provider.metadata['require_pushed_authorization_requests'] = true
  await t.rejects(required.begin(), { code: 'ERR_PROVIDER_METADATA' })
})

t.test('PAR-3 an endpoint that must not be called is not', async (t) => {
  for (const endpoint of ['http://192.0.2.1/par', 'https://10.0.0.1/par', '/par', 7]) {
    const { provider, begin } = await setUpPushing(t, { pushedAuthorizationRequests: 'always' })
    provider.metadata['pushed_authorization_request_endpoint'] = endpoint
    await t.rejects(begin(), { code: 'ERR_PROVIDER_UNAVAILABLE', message: /pushed_authorization/ })
  }
})

const json = (value: unknown, status = 201): CannedAnswer => ({
  status,
  body: JSON.stringify(value),
})
const reference = 'urn:ietf:params:oauth:request_uri:x'
const refused: [string, CannedAnswer, Record<string, unknown>][] = [
  ['a cut line', 'reset', { code: 'ERR_PROVIDER_UNAVAILABLE' }],
  ['500', { status: 500, body: '' }, { code: 'ERR_PROVIDER_UNAVAILABLE' }],
  [
    '503 that says when',
    { status: 503, headers: { 'retry-after': '7' }, body: '' },
    { code: 'ERR_PROVIDER_UNAVAILABLE', retryAfterMs: 7000 },
  ],
  [
    '429',
    { status: 429, headers: { 'retry-after': '9' }, body: '{}' },
    { code: 'ERR_PROVIDER_UNAVAILABLE', retryAfterMs: 9000 },
  ],
  ['413', { status: 413, body: 'too much' }, { code: 'ERR_PROVIDER_REJECTED_REQUEST' }],
  ['405', { status: 405, body: '' }, { code: 'ERR_PROVIDER_REJECTED_REQUEST' }],
  [
    'invalid_client',
    json({ error: 'invalid_client' }, 401),
    { code: 'ERR_PROVIDER_REJECTED_CLIENT', providerError: 'invalid_client' },
  ],
  [
    'invalid_request',
    json({ error: 'invalid_request' }, 400),
    { code: 'ERR_PROVIDER_REJECTED_REQUEST', providerError: 'invalid_request' },
  ],
  ['200', json({ request_uri: reference, expires_in: 60 }, 200), {}],
  ['a redirect', { status: 302, headers: { location: '/elsewhere' }, body: '' }, {}],
  ['HTML', { status: 201, headers: { 'content-type': 'text/html' }, body: '<p>' }, {}],
  ['no JSON', { status: 201, body: '{' }, {}],
  ['a list', json([]), {}],
  ['an error with 201', json({ error: 'invalid_request' }), {}],
  ['no request_uri', json({ expires_in: 60 }), {}],
  ['a request_uri that is none', json({ request_uri: 'x y', expires_in: 60 }), {}],
  ['a request_uri of another type', json({ request_uri: [reference], expires_in: 60 }), {}],
  ['a huge request_uri', json({ request_uri: `urn:${'x'.repeat(3000)}`, expires_in: 60 }), {}],
  ['no expires_in', json({ request_uri: reference }), {}],
  ['PAR-2 an expired reference', json({ request_uri: reference, expires_in: 0 }), {}],
  ['a negative expires_in', json({ request_uri: reference, expires_in: -1 }), {}],
]

t.test('PAR-3 PAR-4 a push that fails is an error and nothing else', async (t) => {
  const { provider, begin } = await setUpPushing(t, { pushedAuthorizationRequests: 'always' })
  for (const [title, answer, expected] of refused) {
    provider.answers.set('/par', answer)
    await t.rejects(begin(), { code: 'ERR_PROVIDER_PUSHED_REQUEST', ...expected }, title)
  }
  t.equal(provider.callsTo('/par'), refused.length, 'each is tried once')
  t.equal(provider.callsTo('/authorize'), 0)
})
