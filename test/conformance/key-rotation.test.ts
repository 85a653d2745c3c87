import t from 'tap'
import {
  createTestKey,
  forgeToken,
  publicJwk,
  startHostileProvider,
  type TestKey,
} from '../helpers/hostile-provider.js'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { startProduct } from './product.js'

t.setTimeout(120_000)

const minute = 60_000
let aheadMs = 0
const provider = await startHostileProvider()
t.teardown(() => provider.stop())
const trusted = { id: 'corp', provider }
const product = await startProduct(t, [trusted], {
  clock: () => Date.now() + aheadMs,
  routes: (upstream) => [
    { match: { path: '/api' }, bearer: { audiences: ['api'] }, upstream },
    { match: { path: '/' }, upstream },
  ],
})

/** From now on the provider signs with that key, and publishes no other. */
function rotateTo(key: TestKey): void {
  provider.header = { kid: key.kid }
  provider.signWith = key.privateKey
  provider.jwks = { keys: [publicJwk(key)] }
}

const client = createJarFetch()
const isServed = async () => (await product.visit(client, '/')).status === 200

t.test('CORE-18 a signing key that is rotated between two logins', async (t) => {
  t.equal((await product.logIn(trusted, client)).answer, 'LOGIN_FINISHED')
  rotateTo(createTestKey('second'))
  t.equal((await product.logIn(trusted)).answer, 'LOGIN_FINISHED')
  t.ok(await isServed(), 'whoever signed in before stays signed in')
})

t.test(
  'CORE-18 a signing key that is rotated in mid-session and just before a refresh',
  async (t) => {
    const refreshes = () => provider.calls.filter(({ form }) => form.has('refresh_token')).length
    rotateTo(createTestKey('third'))
    t.ok(await isServed())
    t.equal(refreshes(), 0, 'the access token is still good')
    // The cooldown of the fetch before is over, and the access token is expired.
    aheadMs += 1.5 * minute
    const before = provider.callsTo('/jwks')
    t.ok(await isServed())
    t.equal(refreshes(), 1)
    t.equal(provider.callsTo('/jwks'), before + 1)
  },
)

t.test('CORE-18 a refresh within the cooldown of the keys signs nobody out', async (t) => {
  rotateTo(createTestKey('fourth'))
  aheadMs += 1.5 * minute
  t.equal((await product.logIn(trusted)).answer, 'LOGIN_FINISHED', 'which fetches the keys')
  rotateTo(createTestKey('fifth'))
  const before = provider.callsTo('/jwks')
  t.ok(await isServed())
  t.equal(provider.callsTo('/jwks'), before, 'the keys are not fetched again so soon')
})

t.test('CORE-18 a thousand requests with unknown keys fetch the keys once', async (t) => {
  aheadMs += 1.5 * minute
  const before = provider.callsTo('/jwks')
  const { issuer } = provider
  // Nobody looks at a signature without a key to look with.
  const tokenOf = (index: number) =>
    forgeToken({ alg: 'RS256', typ: 'at+jwt', kid: `unknown-${index}` }, { iss: issuer }, '')
  const api = createJarFetch()
  const ask = async (index: number) => {
    const headers = { authorization: `Bearer ${tokenOf(index)}` }
    const response = await api(`${product.publicUrl}/api`, { headers })
    await response.text()
    return response.status
  }
  const statuses = await Promise.all(Array.from({ length: 1000 }, (_, index) => ask(index)))
  t.equal(provider.callsTo('/jwks'), before + 1)
  t.same([...new Set(statuses)], [401])
  t.ok(await isServed())
})

/** Logs in when that time has passed, at the provider too. */
async function logInAfter(waitMs: number) {
  aheadMs += waitMs
  const iat = Math.floor((Date.now() + aheadMs) / 1000)
  provider.claims = { iat, exp: iat + 300 }
  return (await product.logIn(trusted)).answer
}

t.test('X10 keys are kept as long as the provider says, and compared by their ETag', async (t) => {
  const headers = { etag: '"fifth"', 'cache-control': 'max-age=300' }
  const conditions = () =>
    provider.calls
      .filter(({ path }) => path === '/jwks')
      .map((call) => call.headers['if-none-match'])
  provider.answers.set('/jwks', { headers })
  t.equal(await logInAfter(61 * minute), 'LOGIN_FINISHED')
  const before = conditions().length
  t.equal(await logInAfter(4 * minute), 'LOGIN_FINISHED')
  t.equal(conditions().length, before)
  provider.answers.set('/jwks', { status: 304, headers })
  const asked = provider.nextCall('/jwks')
  t.equal(await logInAfter(2 * minute), 'LOGIN_FINISHED')
  await asked
  t.same(conditions().slice(before), [headers.etag])
  t.equal(await logInAfter(4 * minute), 'LOGIN_FINISHED')
  t.equal(conditions().length, before + 1)
})
