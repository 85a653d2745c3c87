import t from 'tap'
import { startHostileProvider } from '../helpers/hostile-provider.js'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { logoutTokens } from './corpus/logout-tokens.js'
import { startProduct } from './product.js'

t.setTimeout(120_000)

const provider = await startHostileProvider()
t.teardown(() => provider.stop())
provider.claims = { sid: 's-1' }
const { publicUrl, log, logIn, visit } = await startProduct(t, [{ id: 'corp', provider }], {
  config: { trustedProxies: ['127.0.0.1/32'] },
})
const client = createJarFetch()
await logIn({ id: 'corp', provider }, client)

for (const [index, { name, reason, token }] of logoutTokens.entries()) {
  t.test(name, async (t) => {
    const response = await createJarFetch()(`${publicUrl}/oauth2/backchannel-logout`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        // Each from another place, so that none is turned away for those before it.
        'x-forwarded-for': `192.0.2.${index}`,
      },
      body: new URLSearchParams({ logout_token: token(provider) }).toString(),
    })
    t.equal(response.status, 400)
    t.match(JSON.parse(await response.text()), { error: 'invalid_request' })
    const refusal = log.findLast((line) => line.includes('logout token refused'))
    t.match(JSON.parse(refusal ?? '{}'), { reason })
    t.equal((await visit(client, '/')).status, 200, 'nobody is signed out')
  })
}
