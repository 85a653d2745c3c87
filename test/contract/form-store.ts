import type { Test } from 'tap'
import type { SessionStore } from '../../src/session/session-store.js'
import { until } from '../session/fixtures.js'

const minute = 60_000

/** What every store of forms must do. */
export function testFormStore(t: Test, createStore: (t: Test) => Promise<SessionStore>) {
  t.test('a form is taken once, byte for byte', async (t) => {
    const { forms } = await createStore(t)
    const sealed = Buffer.from([0, 1, 2, 255, 13, 10])
    t.equal(await forms.take('one'), undefined)
    await forms.keep('one', sealed, Date.now() + minute)
    const takers = await Promise.all(Array.from({ length: 20 }, () => forms.take('one')))
    const taken = takers.filter((form) => form !== undefined)
    t.equal(taken.length, 1)
    t.ok(taken[0]?.equals(sealed))
    t.equal(await forms.take('one'), undefined)
  })

  t.test('a form is gone when it expires', async (t) => {
    const store = await createStore(t)
    const { forms } = store
    await forms.keep('past', Buffer.from('form'), Date.now() - 1)
    t.equal(await forms.take('past'), undefined)
    await forms.keep('brief', Buffer.from('form'), Date.now() + 30)
    // A store counts from when a command reaches it: what begins later and lasts longer ends later.
    await store.consumeOnce('brief form', Date.now() + 31)
    await until(() => store.consumeOnce('brief form', Date.now() + minute))
    t.equal(await forms.take('brief'), undefined)
  })
}
