import t, { type Test } from 'tap'
import { createKeySet } from '../../src/oidc/key-set.js'
import { createProviderHttp } from '../../src/oidc/provider-http.js'
import { fetchPublishedKeys, type PublishedKeys } from '../../src/oidc/published-keys.js'
import {
  type CannedAnswer,
  createTestKey,
  forgeToken,
  publicJwk,
  signingKey,
  startHostileProvider,
  type TestKey,
} from '../helpers/hostile-provider.js'

const other = createTestKey('other')
const minute = 60_000
const etag = '"keys-1"'

/** The keys of a provider behind a socket, with a clock that the test moves. */
async function setUp(t: Test) {
  const provider = await startHostileProvider()
  const http = createProviderHttp({
    issuer: provider.issuer,
    discoveryUrl: undefined,
    allowInsecureIssuer: false,
    timeoutMs: 5000,
  })
  t.teardown(async () => {
    await http.close()
    await provider.stop()
  })
  const clock = { now: 1_800_000_000_000, path: '/jwks' }
  let fetching: Promise<PublishedKeys> | undefined
  const keys = createKeySet({
    load(known) {
      fetching = fetchPublishedKeys(http, provider.issuer + clock.path, known)
      return fetching
    },
    now: () => clock.now,
  })
  provider.aliases.set('/other', '/jwks')
  return {
    provider,
    clock,
    verify: async (key: TestKey) => {
      const token = forgeToken({ alg: key.alg, kid: key.kid }, {}, key.privateKey)
      return await keys.verify(token, ['RS256'])
    },
    /** The last fetch, to its end. */
    settle: async () => fetching,
    answer: (canned: Exclude<CannedAnswer, string>) => provider.answers.set(clock.path, canned),
    conditions: () => provider.calls.map(({ headers }) => headers['if-none-match']),
  }
}

for (const [headers, freshForMs] of [
  [{}, 10 * minute],
  [{ 'cache-control': 'max-age=1200' }, 20 * minute],
  [{ 'cache-control': 'Public , Max-Age="1200", must-revalidate' }, 20 * minute],
  [{ 'cache-control': 'max-age=1200', age: '600' }, 10 * minute],
  [{ 'cache-control': 'max-age=1200', age: 'young' }, 20 * minute],
  [{ 'cache-control': 'max-age=1200', age: '9'.repeat(400) }, 20 * minute],
  [{ 'cache-control': 'max-age=1200', age: '1300' }, 30_000],
  [{ 'cache-control': 'max-age=0' }, 30_000],
  [{ 'cache-control': 'max-age=0, max-age=1200' }, 30_000],
  [{ 'cache-control': 'max-age=31536000, immutable' }, 60 * minute],
  [{ 'cache-control': `max-age=${'9'.repeat(400)}` }, 60 * minute],
  [{ 'cache-control': 'max-age=1200, no-store' }, 10 * minute],
  [{ 'cache-control': 'No-Cache, max-age=0' }, 10 * minute],
  ...['-1', '1e3', '', '1200s', '0x10'].map(
    (wrong) => [{ 'cache-control': `max-age=${wrong}` }, 10 * minute] as const,
  ),
  [{ 'cache-control': 's-maxage=5, x-max-age=5' }, 10 * minute],
  [{ 'cache-control': ','.repeat(8000) }, 10 * minute],
] as const) {
  const told = JSON.stringify(headers).slice(0, 80)
  t.test(`X10 keys with ${told} are fetched anew after ${freshForMs} ms`, async (t) => {
    const { provider, clock, verify, answer, settle } = await setUp(t)
    answer({ headers })
    await verify(signingKey)
    clock.now += freshForMs
    await verify(signingKey)
    t.equal(provider.callsTo('/jwks'), 1)
    clock.now += 1
    await verify(signingKey)
    await settle()
    t.equal(provider.callsTo('/jwks'), 2)
  })
}

t.test('X10 unchanged keys are not sent again, and are fresh once more', async (t) => {
  const { clock, verify, answer, settle, conditions } = await setUp(t)
  answer({ headers: { etag } })
  await verify(signingKey)
  answer({ status: 304, headers: { etag, 'cache-control': 'max-age=1200' } })
  for (const waitMs of [11 * minute, 21 * minute]) {
    clock.now += waitMs
    await verify(signingKey)
    await settle()
    await verify(signingKey)
  }
  t.same(conditions(), [undefined, etag, etag])
  clock.now += 20 * minute
  await verify(signingKey)
  t.equal(conditions().length, 3)
})

t.test('X10 changed keys take the place of the known ones, with their own ETag', async (t) => {
  const { provider, clock, verify, answer, settle, conditions } = await setUp(t)
  answer({ headers: { etag } })
  await verify(signingKey)
  provider.jwks = { keys: [publicJwk(other)] }
  answer({ headers: { etag: 'W/"keys-2"' } })
  clock.now += 11 * minute
  await verify(signingKey)
  await settle()
  await verify(other)
  await t.rejects(verify(signingKey), { code: 'ERR_ID_TOKEN_KEY' })
  clock.now += 11 * minute
  await verify(other)
  await settle()
  t.same(conditions(), [undefined, etag, undefined, 'W/"keys-2"'])
})

t.test('X10 a withdrawn key counts for an hour at most, however long nobody asked', async (t) => {
  const { provider, clock, verify, answer } = await setUp(t)
  answer({ headers: { 'cache-control': 'max-age=31536000' } })
  await verify(signingKey)
  provider.jwks = { keys: [publicJwk(other)] }
  clock.now += 60 * minute
  await verify(signingKey)
  clock.now += 1
  const both = await Promise.allSettled([verify(signingKey), verify(signingKey)])
  for (const each of both) t.match(each, { reason: { code: 'ERR_ID_TOKEN_KEY' } })
})

t.test('X10 an unknown key is fetched without a condition, once in half a minute', async (t) => {
  const { provider, clock, verify, answer, conditions } = await setUp(t)
  answer({ headers: { etag, 'cache-control': 'max-age=3600' } })
  await verify(signingKey)
  provider.jwks = { keys: [publicJwk(signingKey)] }
  await t.rejects(verify(other), { code: 'ERR_ID_TOKEN_KEY' })
  provider.jwks = { keys: [publicJwk(other)] }
  for (let count = 0; count < 5; count++) {
    await t.rejects(verify(other), { code: 'ERR_PROVIDER_UNAVAILABLE_KEY' })
  }
  clock.now += 30_000
  await verify(other)
  t.same(conditions(), Array(3).fill(undefined), 'an ETag that stays when the keys change')
})

t.test(
  'X10 known keys go on while the provider is away, which is asked now and then',
  async (t) => {
    const { provider, clock, verify, answer, settle, conditions } = await setUp(t)
    answer({ headers: { etag } })
    await verify(signingKey)
    answer({ status: 503 })
    clock.now += 61 * minute
    for (let count = 0; count < 5; count++) await verify(signingKey)
    t.equal(provider.callsTo('/jwks'), 2)
    clock.now += minute
    provider.answers.set('/jwks', 'hang')
    const verified = Promise.all(Array.from({ length: 5 }, () => verify(signingKey)))
    await t.resolves(Promise.race([verified, settle()]), 'nobody waits for it')
    await t.rejects(settle())
    answer({ status: 304 })
    clock.now += minute
    await verify(signingKey)
    await settle()
    t.same(conditions(), [undefined, etag, etag, etag])
  },
)

t.test('X10 unchanged keys that nobody asked about are no keys', async (t) => {
  const { clock, verify, answer, conditions } = await setUp(t)
  const notModified = { status: 304, headers: { etag } }
  answer(notModified)
  await t.rejects(verify(signingKey), { code: 'ERR_PROVIDER_KEYS', message: /304/ })
  answer({ headers: { etag } })
  await verify(signingKey)
  clock.path = '/other'
  answer(notModified)
  clock.now += 61 * minute
  await verify(signingKey)
  t.same(conditions(), [undefined, undefined, undefined], 'an ETag is one of its address')
})

for (const wrong of ['keys-1', '"', '"a" "b"', 'w/"a"', `"${'x'.repeat(300)}"`, '"caf\u00e9"']) {
  t.test(`X10 ${wrong.slice(0, 20)} is no ETag`, async (t) => {
    const { clock, verify, answer, settle, conditions } = await setUp(t)
    answer({ headers: { etag: wrong } })
    await verify(signingKey)
    clock.now += 11 * minute
    await verify(signingKey)
    await settle()
    t.same(conditions(), [undefined, undefined])
  })
}

t.test('X10 what has an ETag but no keys is not kept', async (t) => {
  const { provider, verify, answer, conditions } = await setUp(t)
  answer({ headers: { etag }, body: '{"keys":"none"}' })
  await t.rejects(verify(signingKey), { code: 'ERR_PROVIDER_KEYS' })
  provider.answers.delete('/jwks')
  await verify(signingKey)
  t.same(conditions(), [undefined, undefined])
})
