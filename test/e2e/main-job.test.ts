import t from 'tap'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { asNavigation, signIn, startStack } from '../helpers/stack.js'
import { parseEcho } from '../helpers/upstream.js'

t.setTimeout(120_000)

t.test('BFF-1 somebody signs in, uses the application and signs out', async (t) => {
  const stack = await startStack(t)
  const { publicUrl } = stack
  const client = createJarFetch()

  const refused = await client(`${publicUrl}/api/things`)
  t.equal(refused.status, 401)
  t.equal(refused.headers.get('x-valetkey-answer'), 'ERR_LOGIN_REQUIRED')
  t.equal(refused.headers.get('set-cookie'), null, 'no cookie on a 401')

  const { landed } = await signIn(stack, 'alice', { client, path: '/deep/page?x=1&y=a%20b' })
  t.equal(landed, `${publicUrl}/deep/page?x=1&y=a%20b`)

  const echo = parseEcho(await (await client(`${publicUrl}/api/things`)).text())
  t.equal(echo.headers['x-forwarded-user'], 'alice')
  t.equal(echo.headers['x-forwarded-email'], 'alice@example.com')
  t.equal(echo.headers['x-forwarded-groups'], 'staff,admins')
  t.match(echo.headers.authorization, /^Bearer /)
  t.notMatch(echo.headers.cookie, /valetkey/)

  const signOut = await client(`${publicUrl}/oauth2/sign_out`, {
    headers: { ...asNavigation, 'sec-fetch-site': 'same-origin' },
  })
  t.equal(signOut.status, 302)
  t.ok(signOut.headers.get('location')?.startsWith(stack.provider.issuer))
  t.equal((await client(`${publicUrl}/api/things`)).status, 401)
})
