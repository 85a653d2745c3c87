import t, { type Test } from 'tap'
import { startHostileProvider } from '../helpers/hostile-provider.js'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { startProduct, type Seen } from './product.js'

t.setTimeout(120_000)

const minute = 60_000

/** A provider, a product that trusts it, and the time, which the test moves. */
async function setUp(t: Test) {
  const provider = await startHostileProvider()
  t.teardown(() => provider.stop())
  const time = { aheadMs: 0 }
  const trusted = { id: 'corp', provider }
  const start = () => startProduct(t, [trusted], { clock: () => Date.now() + time.aheadMs })
  return { provider, time, trusted, start }
}

function saysThatItIsDown(t: Test, seen: Seen): void {
  t.match(seen, {
    status: 503,
    code: 'ERR_PROVIDER_UNAVAILABLE',
    page: /The login service cannot be reached/,
  })
  t.match(seen.page, '<meta http-equiv="refresh"', 'and tries again by itself')
  t.ok(Number(seen.headers.get('retry-after')) >= 1)
}

t.test('DISC-4 a provider that is down for ten minutes', async (t) => {
  const { provider, time, trusted, start } = await setUp(t)
  const product = await start()
  const [longLived, shortLived] = [createJarFetch(), createJarFetch()]
  provider.tokens = { expires_in: 3600 }
  await product.logIn(trusted, longLived)
  provider.tokens = {}
  await product.logIn(trusted, shortLived)
  const callingBack = createJarFetch()
  const begun = await product.begin(callingBack, trusted)
  const answer = provider.authorize(begun.authorization ?? '')
  await provider.stop()
  const broken = await product.finish(callingBack, begun, answer)
  t.match(broken, { status: 503, code: 'ERR_PROVIDER_UNAVAILABLE', location: undefined })

  for (let passed = 0; passed < 10; passed++) {
    time.aheadMs += minute
    const seen = await product.visit(longLived, '/')
    t.match(seen, { status: 200, answer: undefined }, `minute ${passed + 1}: nothing is noticed`)
  }
  const waiting = await product.visit(shortLived, '/')
  t.match(waiting, { status: 503, answer: 'ERR_REFRESH_UNAVAILABLE' })
  t.ok(Number(waiting.headers.get('retry-after')) >= 1)
  saysThatItIsDown(t, await product.begin(createJarFetch(), trusted))

  await provider.start()
  time.aheadMs += minute
  // The provider's clock went on, too.
  const seconds = Math.floor((Date.now() + time.aheadMs) / 1000)
  provider.claims = { iat: seconds, exp: seconds + 300 }
  t.equal((await product.logIn(trusted)).answer, 'LOGIN_FINISHED')
  t.equal((await product.visit(shortLived, '/')).status, 200, 'and no session was lost')
  t.equal((await product.visit(longLived, '/')).status, 200)
})

t.test('DISC-4 a process that starts while the provider is down', async (t) => {
  const { provider, time, trusted, start } = await setUp(t)
  await provider.stop()
  const product = await start()
  const readiness = await createJarFetch()(`${product.adminUrl}/readyz`)
  t.equal(readiness.status, 503)
  t.match(await readiness.text(), /provider corp/)
  const client = createJarFetch()
  saysThatItIsDown(t, await product.begin(client, trusted))

  await provider.start()
  time.aheadMs += minute / 2
  t.equal((await product.logIn(trusted, client)).answer, 'LOGIN_FINISHED')
  const ready = await createJarFetch()(`${product.adminUrl}/readyz`)
  t.equal(ready.status, 200)
})
