import t from 'tap'
import { remember } from '../src/remember.js'
import { bytesHeld } from './helpers/bytes-held.js'

t.test('a text is looked at once, and each spelling by itself', async (t) => {
  const asked: string[] = []
  const factsOf = remember((name) => {
    asked.push(name)
    return name.toLowerCase()
  })
  t.same(['Host', 'HOST', 'Host'].map(factsOf), ['host', 'host', 'host'])
  t.same(asked, ['Host', 'HOST'])
})

t.test('long texts are not remembered', async (t) => {
  let asked = 0
  const factsOf = remember((name) => {
    asked++
    return name
  })
  const long = 'x'.repeat(65)
  factsOf(long)
  factsOf(long)
  t.equal(asked, 2)
})

t.test('texts of somebody’s own making keep no later one from being remembered', async (t) => {
  const asked: string[] = []
  const factsOf = remember((name) => {
    asked.push(name)
    return name
  })
  for (let index = 0; index < 2000; index++) t.equal(factsOf(`x-${index}`), `x-${index}`)
  factsOf('Host')
  factsOf('Host')
  t.equal(asked.filter((name) => name === 'Host').length, 1)
})

t.test('that there is nothing to know is remembered, too', async (t) => {
  let asked = 0
  const factsOf = remember((): string | undefined => {
    asked++
    return undefined
  })
  factsOf('x')
  factsOf('x')
  t.equal(asked, 1)
})

t.test('a part of a long text does not hold all of it', async (t) => {
  const factsOf = remember((text) => text.slice(1))
  const before = bytesHeld()
  for (let index = 0; index < 1000; index++) {
    const target = `http://host-${index}.example.com/${'a'.repeat(16_000)}`
    // A string of its own, of which the host is but a view.
    const whole = Buffer.from(target).toString('latin1')
    factsOf(whole.slice(7, whole.indexOf('/', 7)))
  }
  t.ok(bytesHeld() - before < 4e6)
  t.equal(factsOf('host-7.example.com'), 'ost-7.example.com')
})
