import t from 'tap'
import { signIn, startStack } from '../helpers/stack.js'
import { parseEcho } from '../helpers/upstream.js'
import { until } from '../session/fixtures.js'

t.setTimeout(120_000)

t.test('more groups than a header holds are left out, and the log says so each time', async (t) => {
  const stack = await startStack(t, { provider: { accessTokenTtlSeconds: 1 } })
  const groups = Array.from({ length: 600 }, (_, index) => `a-group-of-some-length-${index}`)
  stack.provider.people.set('alice', { ...stack.provider.people.get('alice'), groups })
  const warnings = () =>
    stack.valetkey.log.filter(
      (line) => line.includes('left out for their size') && line.includes('X-Forwarded-Groups'),
    )

  const { client } = await signIn(stack, 'alice')
  const { tokenRequests } = stack.provider
  await until(() => warnings().length === tokenRequests.length)
  const loginRequests = tokenRequests.length
  // Access tokens run out by the clock and by nothing else.
  await new Promise((resolve) => setTimeout(resolve, 1100))
  const { headers } = parseEcho(await (await client(`${stack.publicUrl}/`)).text())
  t.equal(headers['x-forwarded-user'], 'alice')
  t.notOk('x-forwarded-groups' in headers)
  t.ok(tokenRequests.length > loginRequests, 'the token was refreshed')
  await until(() => warnings().length === tokenRequests.length)
  t.notMatch(warnings().join(), 'a-group-of-some-length', 'without the groups')
})
