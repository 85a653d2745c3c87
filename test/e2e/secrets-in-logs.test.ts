import t from 'tap'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { startRedis } from '../helpers/redis-server.js'
import { asNavigation, sessionKey, signIn, startStack } from '../helpers/stack.js'

t.setTimeout(120_000)

t.test(
  'OPS-4 B16-28 no secret of a whole login, refresh and logout gets into the log or the metrics',
  async (t) => {
    const redis = await startRedis({ args: ['--requirepass', 'the password of Redis'] })
    t.teardown(() => redis.stop())
    const url = redis.url.replace('//', '//:the%20password%20of%20Redis@')
    const stack = await startStack(t, {
      redis,
      provider: { accessTokenTtlSeconds: 2 },
      session: { redis: { url } },
    })
    const { provider, publicUrl, valetkey } = stack
    const client = createJarFetch()
    const cookies = new Set<string>()
    const collect = () => {
      for (const pair of client.cookieFor(publicUrl).split('; '))
        cookies.add(pair.split('=')[1] ?? '')
    }

    // A login that is only begun, with secrets of its own, then the callback of a stranger.
    const begun = await client(`${publicUrl}/oauth2/start`, { headers: asNavigation })
    const authorization = new URL(begun.headers.get('location') ?? '')
    collect()
    await client(`${publicUrl}/oauth2/callback?code=a-forged-code&state=a-forged-state`, {
      headers: asNavigation,
    })
    await signIn(stack, 'alice', { client, path: '/page?secret=in-the-query' })
    collect()
    await (await client(`${publicUrl}/page`)).text()
    const refreshed = provider.nextTokenRequest()
    const poll = setInterval(
      () => void client(`${publicUrl}/page`).then((each) => each.text()),
      100,
    )
    await refreshed
    provider.failTokenEndpoint(
      400,
      { 'content-type': 'application/json' },
      '{"error":"invalid_grant"}',
    )
    clearInterval(poll)
    for (let status = 200; status === 200;) {
      const response = await client(`${publicUrl}/page`)
      await response.text()
      status = response.status
    }
    provider.healTokenEndpoint()

    await signIn(stack, 'alice', { client })
    collect()
    await client(`${publicUrl}/oauth2/sign_out`, {
      headers: { ...asNavigation, 'sec-fetch-site': 'same-origin' },
    })
    const metrics = await (await fetch(`${valetkey.adminUrl}/metrics`)).text()
    await valetkey.stop()

    const secrets = [
      ...provider.secrets,
      ...cookies,
      ...[...cookies].flatMap((cookie) => cookie.split('.').filter((part) => part.length > 8)),
      provider.clientSecret,
      encodeURIComponent(provider.clientSecret),
      sessionKey,
      'the password of Redis',
      'the%20password',
      'a-forged-code',
      'a-forged-state',
      'in-the-query',
      ...['state', 'nonce', 'code_challenge'].map(
        (name) => authorization.searchParams.get(name) ?? '',
      ),
    ]
    t.comment(`${provider.secrets.length} tokens and codes, ${valetkey.log.length} lines`)
    t.ok(provider.secrets.length >= 8, 'the provider gave out codes and tokens')
    t.ok(valetkey.log.length > 10, 'there is a log')
    for (const secret of secrets) {
      t.not(secret, '')
      const told = [...valetkey.log, metrics].find((line) => line.includes(secret))
      t.equal(told, undefined, `nothing of ${secret.slice(0, 6)}…`)
    }
  },
)
