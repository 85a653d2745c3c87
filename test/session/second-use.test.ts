import { createHash } from 'node:crypto'
import t from 'tap'
import { createSecondUse } from '../../src/session/second-use.js'

const span = 1024
let made = 0

/** Like the ids of tickets, but the same in each run: of random ones, two have the same mark now and then. */
const names = (count: number) =>
  Array.from({ length: count }, () =>
    createHash('sha256').update(String(made++)).digest('base64url').slice(0, 22),
  )

t.test('what is named for the second time is known, and what is named once is not', async (t) => {
  const isNamedAgain = createSecondUse(span)
  const known = names(span / 2)
  t.notOk(known.some(isNamedAgain))
  const found = known.filter(isNamedAgain).length
  // Some of them share a place.
  t.ok(found > known.length * 0.7, `${found} of ${known.length}`)
  t.notOk(names(span).some(isNamedAgain))
})

t.test('what was named twice as many names ago is forgotten', async (t) => {
  const isNamedAgain = createSecondUse(span)
  const known = names(span)
  known.forEach(isNamedAgain)
  names(2 * span).forEach(isNamedAgain)
  t.notOk(known.some(isNamedAgain))
})

t.test('names that come in turn, more of them than it remembers, are never known', async (t) => {
  const isNamedAgain = createSecondUse(span)
  const inTurn = names(3 * span)
  for (let turn = 0; turn < 3; turn++) t.notOk(inTurn.some(isNamedAgain))
})

t.test('the shortest span is enough for one name', async (t) => {
  for (const shortest of [0, 0.1, 1]) {
    const isNamedAgain = createSecondUse(shortest)
    t.notOk(isNamedAgain('one'))
    t.ok(isNamedAgain('one'))
  }
})
