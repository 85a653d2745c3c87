import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { atEndOfTurn } from '../src/end-of-turn.js'

t.test('what is due is done in order, once all that has arrived was taken in', async (t) => {
  const done: string[] = []
  atEndOfTurn(() => done.push('first'))
  queueMicrotask(() => atEndOfTurn(() => done.push('second')))
  atEndOfTurn(() => {
    done.push('third')
    atEndOfTurn(() => done.push('next turn'))
  })
  t.same(done, [])
  await nextTurn()
  t.same(done, ['first', 'third', 'second'])
  await nextTurn()
  t.same(done, ['first', 'third', 'second', 'next turn'])
})

t.test('what fails keeps nothing else from being done', async (t) => {
  const done: string[] = []
  const failed = once(process, 'uncaughtException')
  const listeners = process.listeners('uncaughtException').slice(0, -1)
  for (const each of listeners) process.off('uncaughtException', each)
  t.teardown(() => {
    for (const each of listeners) process.on('uncaughtException', each)
  })
  atEndOfTurn(() => done.push('before'))
  atEndOfTurn(() => {
    throw new Error('a defect')
  })
  atEndOfTurn(() => done.push('behind'))
  t.match((await failed)[0], { message: 'a defect' })
  await nextTurn()
  await nextTurn()
  t.same(done, ['before', 'behind'])
})
