import t from 'tap'
import { asNavigation, signIn, startStack } from '../helpers/stack.js'
import { startUpstream } from '../helpers/upstream.js'

t.setTimeout(120_000)

t.test('RF-9 the refresh that a request needs decides about that very request', async (t) => {
  const staffApplication = await startUpstream()
  t.teardown(() => staffApplication.close())
  const stack = await startStack(t, {
    provider: { accessTokenTtlSeconds: 1 },
    config: {
      routes: [
        {
          match: { path: '/' },
          require: {
            any: [{ groups: ['staff'] }, { roles: ['editor'] }],
            not: { claims: { name: ['Suspended'] } },
          },
          upstream: staffApplication.url,
        },
      ],
    },
  })
  const { people } = stack.provider
  const alice = people.get('alice')
  const { client } = await signIn(stack, 'alice')
  const statusNow = async () => {
    // Access tokens run out by the clock and by nothing else.
    await new Promise((resolve) => setTimeout(resolve, 1100))
    const response = await client(`${stack.publicUrl}/`, { headers: asNavigation })
    await response.text()
    return response.status
  }

  t.equal(await statusNow(), 200)
  people.set('alice', { ...alice, groups: ['guests'] })
  t.equal(await statusNow(), 403, 'who left the group is out at once')
  people.set('alice', { ...alice, groups: [], roles: ['editor'] })
  t.equal(await statusNow(), 200, 'who was given a role is in, without signing in anew')
  people.set('alice', { ...alice, groups: ['staff'], name: 'Suspended' })
  t.equal(await statusNow(), 403, 'who came to be excluded is out')
})
