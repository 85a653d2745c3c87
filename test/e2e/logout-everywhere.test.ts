import t from 'tap'
import { createJarFetch, type JarFetch } from '../helpers/jar-fetch.js'
import { startRedis } from '../helpers/redis-server.js'
import { asNavigation, signIn, startStack } from '../helpers/stack.js'
import { until } from '../session/fixtures.js'

t.setTimeout(120_000)

const fromHere = { ...asNavigation, 'sec-fetch-site': 'same-origin' }

/** Signs out on the provider's own pages, as a person would there. */
async function signOutAtProvider(client: JarFetch, issuer: string): Promise<void> {
  const asked = await client(`${issuer}/session/end`)
  const page = await asked.text()
  const action = /<form [^>]*action="([^"]*)"/.exec(page)?.[1] ?? ''
  const xsrf = /name="xsrf" value="([^"]*)"/.exec(page)?.[1] ?? ''
  await client(new URL(action, issuer).href, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ xsrf, logout: 'yes' }).toString(),
  })
}

t.test('BCL-13 BCL-14 a sign-out at the provider ends the session on every replica', async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const stack = await startStack(t, { redis })
  const { provider, valetkey, publicUrl } = stack
  const replica = await stack.startReplica()
  await provider.sendLogoutTokensTo(`${replica.url}/oauth2/backchannel-logout`)

  const { client } = await signIn(stack, 'alice')
  const { client: elsewhere } = await signIn(stack, 'alice')
  const isServed = async (url: string, who: JarFetch) => {
    const { status } = await createJarFetch()(url, {
      headers: { cookie: who.cookieFor(publicUrl) },
    })
    return status === 200
  }
  for (const { url } of [valetkey, replica]) {
    t.ok(await isServed(url, client), 'warm on both')
    t.ok(await isServed(url, elsewhere))
  }
  await signOutAtProvider(client, provider.issuer)
  const loggedOutAt = Date.now()
  for (const { url } of [valetkey, replica]) {
    await until(async () => !(await isServed(url, client)))
    t.ok(await isServed(url, elsewhere), 'the session of another sign-in there goes on')
  }
  t.comment(`refused everywhere ${Date.now() - loggedOutAt} ms after the answer`)
  await until(() => replica.log.some((line) => line.includes('logged out by the provider')))
})

t.test('REV-1 signing out revokes the tokens, and does not wait for it', async (t) => {
  const stack = await startStack(t, { provider: { revocation: true } })
  const { provider, valetkey, publicUrl } = stack
  const { client } = await signIn(stack, 'alice')
  t.equal((await client(`${publicUrl}/oauth2/sign_out`, { headers: fromHere })).status, 302)
  const revoked = () =>
    valetkey.log.filter((line) => line.includes('"msg":"revocation"')).join('\n')
  await until(() => revoked().includes('refresh_token') && revoked().includes('access_token'))
  t.match(revoked(), '"outcome":"revoked"')
  for (const secret of provider.secrets) {
    t.notOk(valetkey.log.some((line) => line.includes(secret)))
  }
  const metrics = await (await fetch(`${valetkey.adminUrl}/metrics`)).text()
  t.match(metrics, 'valetkey_revocations_total{outcome="revoked"} 2')
})

t.test('REV-1 a provider that is gone delays no sign-out', async (t) => {
  const stack = await startStack(t, { provider: { revocation: true } })
  const { provider, valetkey, publicUrl } = stack
  const { client } = await signIn(stack, 'alice')
  const cookie = client.cookieFor(publicUrl)
  await provider.stop()
  t.equal((await client(`${publicUrl}/oauth2/sign_out`, { headers: fromHere })).status, 302)
  t.equal((await createJarFetch()(`${publicUrl}/`, { headers: { cookie } })).status, 401)
  await until(() => valetkey.log.some((line) => line.includes('"outcome":"unavailable"')))
})
