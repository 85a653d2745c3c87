import t from 'tap'
import { signIn, startStack } from '../helpers/stack.js'

t.setTimeout(120_000)

t.test('the time that the upstream takes is measured', async (t) => {
  const stack = await startStack(t)
  const { client } = await signIn(stack, 'alice')
  await (await client(`${stack.publicUrl}/`)).text()
  const metrics = await (await fetch(`${stack.valetkey.adminUrl}/metrics`)).text()
  t.match(metrics, /^valetkey_upstream_response_seconds_count [1-9]/m)
})
