import t from 'tap'
import { asNavigation, signIn, startStack } from '../helpers/stack.js'

t.setTimeout(120_000)

t.test('FM-4 RPL-4 what the browser only guesses signs nobody in or out', async (t) => {
  const stack = await startStack(t)
  const { publicUrl } = stack
  const { client } = await signIn(stack, 'alice')
  const guesses: Record<string, string>[] = [
    { ...asNavigation, 'sec-purpose': 'prefetch;prerender' },
    { ...asNavigation, 'sec-purpose': 'Prefetch', 'sec-fetch-site': 'same-origin' },
    { purpose: 'prefetch' },
    { 'x-moz': 'prefetch' },
  ]
  for (const headers of guesses) {
    const start = await client(`${publicUrl}/oauth2/start`, { headers })
    t.equal(start.status, 401)
    t.equal(start.headers.get('set-cookie'), null)
    const signOut = await client(`${publicUrl}/oauth2/sign_out`, { headers })
    t.equal(signOut.headers.get('x-valetkey-answer'), 'SIGN_OUT_PAGE', 'it asks, once it is seen')
    t.equal(signOut.headers.get('set-cookie'), null)
  }
  t.equal((await client(`${publicUrl}/`)).status, 200)
})
