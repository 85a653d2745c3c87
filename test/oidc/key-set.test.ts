import t from 'tap'
import { OidcError } from '../../src/oidc/errors.js'
import { createKeySet } from '../../src/oidc/key-set.js'
import { usableKeys } from '../../src/oidc/published-keys.js'
import { createTestKey, forgeToken, publicJwk, type TestKey } from '../helpers/hostile-provider.js'
import { setUpHostile } from './hostile-login.js'

const first = createTestKey('first')
const second = createTestKey('second')
const ec = createTestKey('ec', 'ES256')
const algorithms = ['RS256', 'ES256']

function tokenBy(key: TestKey, kid: string | undefined = key.kid): string {
  return forgeToken({ alg: key.alg, kid }, { sub: 'alice' }, key.privateKey)
}

interface State {
  keys: unknown
  loads: number
  now: number
  failure: unknown
}

/** A key set over a JWKS that the test changes, with a clock that the test moves. */
function setUp(keys: unknown) {
  const state: State = { keys, loads: 0, now: 1_800_000_000_000, failure: undefined }
  const keySet = createKeySet({
    async load() {
      state.loads += 1
      await Promise.resolve()
      if (state.failure !== undefined) throw state.failure
      return { keys: usableKeys({ keys: state.keys }), freshForMs: 600_000 }
    },
    now: () => state.now,
  })
  return { state, verify: (token: string) => keySet.verify(token, algorithms), keySet }
}

const down = new OidcError('ERR_PROVIDER_UNAVAILABLE', 'down')

t.test('CORE-18 an unknown kid fetches the keys once more, in the same login', async (t) => {
  const { state, verify } = setUp([publicJwk(first)])
  await verify(tokenBy(first))
  t.equal(state.loads, 1)
  state.keys = [publicJwk(first), publicJwk(second)]
  await verify(tokenBy(second))
  t.equal(state.loads, 2)
  await verify(tokenBy(first))
  t.equal(state.loads, 2)
})

t.test('CORE-18 tokens with the same unknown kid share one fetch', async (t) => {
  const { state, verify } = setUp([publicJwk(first)])
  await verify(tokenBy(first))
  state.keys = [publicJwk(second)]
  await Promise.all(Array.from({ length: 20 }, () => verify(tokenBy(second))))
  t.equal(state.loads, 2)
})

t.test('CORE-18 first tokens share one fetch', async (t) => {
  const { state, verify } = setUp([publicJwk(first)])
  await Promise.all(Array.from({ length: 20 }, () => verify(tokenBy(first))))
  t.equal(state.loads, 1)
})

t.test('CORE-18 B16-2 unknown kids fetch at most every half minute, and fail', async (t) => {
  const { state, verify } = setUp([publicJwk(first)])
  await t.rejects(verify(tokenBy(second, 'unknown')), { code: 'ERR_ID_TOKEN_KEY' })
  t.equal(state.loads, 2)
  // Keys that were not looked up for this token are no verdict on it.
  for (let count = 0; count < 10; count++) {
    await t.rejects(verify(tokenBy(second, `unknown-${count}`)), {
      code: 'ERR_PROVIDER_UNAVAILABLE_KEY',
      retryAfterMs: 30_000,
    })
  }
  state.now += 29_000
  await t.rejects(verify(tokenBy(second)), {
    code: 'ERR_PROVIDER_UNAVAILABLE_KEY',
    retryAfterMs: 1000,
  })
  t.equal(state.loads, 2)
  state.now += 2000
  state.keys = [publicJwk(second)]
  await verify(tokenBy(second))
  t.equal(state.loads, 3)
})

t.test('CORE-18 B16-2 an unknown kid while the keys cannot be had is no verdict', async (t) => {
  const { state, verify } = setUp([publicJwk(first)])
  await verify(tokenBy(first))
  state.failure = down
  for (let count = 0; count < 5; count++) {
    const error = await verify(tokenBy(second)).catch((thrown: unknown) => thrown)
    t.match(error, { code: /^ERR_PROVIDER_UNAVAILABLE$/ })
  }
  t.equal(state.loads, 2)
  await verify(tokenBy(first))
})

t.test('CORE-18 a token without kid is verified by the one key that fits', async () => {
  const { verify } = setUp([publicJwk(ec), publicJwk(first)])
  await verify(forgeToken({ alg: 'RS256' }, {}, first.privateKey))
})

t.test('CORE-18 a token without kid is tried with each key that fits', async (t) => {
  const { verify } = setUp([publicJwk(first), publicJwk(second)])
  await verify(forgeToken({ alg: 'RS256' }, {}, second.privateKey))
  const stranger = forgeToken({ alg: 'RS256' }, {}, createTestKey('x').privateKey)
  await t.rejects(verify(stranger), { code: 'ERR_ID_TOKEN_SIGNATURE' })
})

t.test('CORE-18 a wrong signature under a known kid fetches nothing', async (t) => {
  const { state, verify } = setUp([publicJwk(first)])
  await t.rejects(verify(tokenBy(second, 'first')), { code: 'ERR_ID_TOKEN_SIGNATURE' })
  t.equal(state.loads, 1)
})

t.test('CORE-18 keys that the provider withdrew are forgotten after ten minutes', async (t) => {
  const { state, verify, keySet } = setUp([publicJwk(first)])
  await verify(tokenBy(first))
  state.keys = [publicJwk(second)]
  state.now += 601_000
  await verify(tokenBy(first))
  t.equal(state.loads, 2, 'fetched in the background')
  await keySet.refresh()
  await t.rejects(verify(tokenBy(first)), { code: 'ERR_ID_TOKEN_KEY' })
})

t.test('DISC-4 old keys go on while the provider is down', async () => {
  const { state, verify } = setUp([publicJwk(first)])
  await verify(tokenBy(first))
  state.failure = down
  state.now += 86_400_000
  await verify(tokenBy(first))
  await verify(tokenBy(first))
  state.failure = undefined
  state.keys = 'broken'
  await verify(tokenBy(first))
})

t.test('DISC-5 tolerates what it does not know in a JWKS', async () => {
  const { alg: _alg, use: _use, ...bare } = publicJwk(first)
  const { verify } = setUp([
    null,
    7,
    'key',
    [],
    {},
    { kty: 'AKP', kid: 'first', alg: 'ML-DSA-44', pub: 'x' },
    { kty: 'oct', kid: 'first', k: 'c2VjcmV0' },
    { kty: 'RSA', kid: 'broken' },
    { ...publicJwk(second), kid: 'first', use: 'enc' },
    { ...publicJwk(second), kid: 'first' },
    { kty: 'RSA', kid: 'first', n: 'x', e: 'AQAB' },
    bare,
  ])
  await verify(tokenBy(first))
  await verify(tokenBy(second, 'first'))
})

t.test('DISC-5 reads no more than a hundred keys', async (t) => {
  const fill = Array.from({ length: 100 }, (_, index) => ({ ...publicJwk(ec), kid: `k${index}` }))
  await setUp([publicJwk(first), ...fill]).verify(tokenBy(first))
  await t.rejects(setUp([...fill, publicJwk(first)]).verify(tokenBy(first)), {
    code: 'ERR_ID_TOKEN_KEY',
  })
})

t.test('DISC-5 a JWKS without a list of keys is told as such', async (t) => {
  const { provider, party, logIn } = await setUpHostile(t)
  provider.jwks = { keys: 'none' }
  await t.rejects(logIn(), { code: 'ERR_PROVIDER_KEYS' })
  await t.rejects(party.checkOnline(), { code: 'ERR_PROVIDER_KEYS' })
  provider.answers.set('/jwks', { body: `{"keys":[],"pad":"${'x'.repeat(1_100_000)}"}` })
  await t.rejects(logIn(), { code: 'ERR_PROVIDER_UNAVAILABLE' })
})

t.test('CORE-18 a key rotated just before signing is fetched within the login', async (t) => {
  const { provider, logIn } = await setUpHostile(t)
  await logIn()
  provider.jwks = { keys: [publicJwk(second)] }
  provider.header = { kid: 'second' }
  provider.signWith = second.privateKey
  t.match(await logIn(), { identity: { sub: 'alice' } })
  t.equal(provider.callsTo('/jwks'), 2)
})
