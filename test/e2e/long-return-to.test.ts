import t from 'tap'
import { signIn, startStack } from '../helpers/stack.js'
import { until } from '../session/fixtures.js'

t.setTimeout(120_000)

t.test(
  'who signs in comes back to a long address, or to its path and the log says so',
  async (t) => {
    const stack = await startStack(t)
    const land = async (path: string) => {
      const { landed } = await signIn(stack, 'alice', { path })
      return landed.slice(stack.publicUrl.length)
    }
    for (const length of [900, 1100, 1190, 1300, 2048]) {
      const path = `/page?q=${'x'.repeat(length - 8)}`
      t.equal(await land(path), path, `${length} characters`)
    }
    const told = () => stack.valetkey.log.filter((line) => line.includes('return_to_too_long'))
    t.strictSame(told(), [])
    t.equal(await land(`/page?q=${'x'.repeat(3000)}`), '/page')
    await until(() => told().length > 0)
    const [line = '', ...more] = told()
    t.strictSame(more, [])
    t.match(JSON.parse(line), { level: 'info', length: 3008, kept: 5 })
    t.notMatch(line, /xxx/, 'the address is no part of it')
  },
)
