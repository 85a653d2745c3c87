import t from 'tap'
import { createSlots } from '../../src/session/slots.js'
import { createBarrier } from './fixtures.js'

t.test('runs so many tasks at a time, the others in order', async (t) => {
  const slots = createSlots(2)
  const started: number[] = []
  const barriers = [0, 1, 2, 3].map(() => createBarrier())
  const tasks = barriers.map(({ opened }, i) =>
    slots.use(async () => {
      started.push(i)
      await opened
      return i
    }),
  )
  t.strictSame(started, [0, 1])
  barriers[1]?.open()
  await tasks[1]
  barriers[2]?.open()
  await tasks[2]
  t.strictSame(started, [0, 1, 2, 3])
  barriers[0]?.open()
  barriers[3]?.open()
  t.strictSame(await Promise.all(tasks), [0, 1, 2, 3])
})

t.test('a task that fails frees its slot', async (t) => {
  const slots = createSlots(1)
  await t.rejects(
    slots.use(async () => {
      throw new Error('no')
    }),
  )
  t.equal(await slots.use(async () => 'next'), 'next')
})
