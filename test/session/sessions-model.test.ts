import * as fc from 'fast-check'
import t from 'tap'
import { step } from './model-steps.js'
import { createModelWorld } from './model-world.js'

t.setTimeout(120_000)

t.test('two replicas behave like one that never fails, whatever happens to them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const world = createModelWorld()
      try {
        await world.run({ do: 'sign in', at: 0, sub: 0, sid: 0 })
        for (const action of steps) {
          await world.run(action)
          // Background work (touches, refreshes ahead) gets done before the next step.
          await new Promise((resolve) => setImmediate(resolve))
        }
        await world.compareAll()
        return world.reused.length === 0
      } finally {
        await world.end()
      }
    }),
    { numRuns: 1000 },
  )
})
