import { constants, PerformanceObserver } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { collectAll, collectYoung } from '../src/garbage.js'

const skip = process.versions.node.startsWith('20.') && 'Node 20 knows no such choice'

t.test(
  'what is old and nobody holds any more goes, and what is held stays',
  { skip },
  async (t) => {
    const holder = new Set<object>()
    const reference = holdSomething(holder)
    await setImmediate()
    collectAll()
    collectAll()
    t.ok(isThere(reference))
    await setImmediate()
    holder.clear()
    collectAll()
    t.notOk(isThere(reference))
  },
)

t.test('only what is young is looked at where that is asked for', async (t) => {
  t.equal(await kindOf(collectYoung), constants.NODE_PERFORMANCE_GC_MINOR)
})

/** Which kind of collection that is, as Node tells it. */
async function kindOf(collect: () => void): Promise<unknown> {
  const kinds: unknown[] = []
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const detail: unknown = Reflect.get(entry, 'detail')
      if (typeof detail === 'object' && detail !== null) kinds.push(Reflect.get(detail, 'kind'))
    }
  })
  observer.observe({ entryTypes: ['gc'] })
  collect()
  // The report alone does not keep the process alive.
  while (kinds.length === 0) await setImmediate()
  observer.disconnect()
  return kinds[0]
}

// In functions of their own, so that nothing of the test itself holds it.
function holdSomething(holder: Set<object>): WeakRef<object> {
  const something = {}
  holder.add(something)
  return new WeakRef(something)
}

function isThere(reference: WeakRef<object>): boolean {
  return reference.deref() !== undefined
}
