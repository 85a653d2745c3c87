import t from 'tap'
import { remember } from '../src/remember.js'

t.test('a text is looked at once, and each spelling by itself', async (t) => {
  const asked: string[] = []
  const factsOf = remember((name) => {
    asked.push(name)
    return name.toLowerCase()
  })
  t.same(['Host', 'HOST', 'Host'].map(factsOf), ['host', 'host', 'host'])
  t.same(asked, ['Host', 'HOST'])
})

t.test('texts without end are not remembered', async (t) => {
  let asked = 0
  const factsOf = remember((name) => {
    asked++
    return name
  })
  const long = 'x'.repeat(65)
  factsOf(long)
  factsOf(long)
  t.equal(asked, 2, 'long ones never are')
  for (let index = 0; index < 2000; index++) factsOf(`x-${index}`)
  asked = 0
  for (let index = 0; index < 2000; index++) t.equal(factsOf(`x-${index}`), `x-${index}`)
  t.equal(asked, 1000)
})
