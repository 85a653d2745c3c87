import type { Test } from 'tap'
import type { SessionStore } from '../../src/session/session-store.js'
import { createTicket } from '../../src/session/ticket.js'
import { until } from '../session/fixtures.js'

const soon = () => Date.now() + 60_000
const set = (...bytes: number[]) => Buffer.from([0, 255, 13, 10, ...bytes])

/** What every store of signing keys must do. */
export function testSigningKeyStore(t: Test, createStore: (t: Test) => Promise<SessionStore>) {
  t.test('of several that make the first set one succeeds, and all read that', async (t) => {
    const stores = await Promise.all([createStore(t), createStore(t)])
    const { key: name } = createTicket()
    const [{ signingKeys }] = stores
    t.equal(await signingKeys.load(name), undefined)
    const attempts = await Promise.all(
      Array.from({ length: 20 }, (_, each) =>
        signingKeys.replace(name, undefined, set(each), soon()),
      ),
    )
    t.equal(attempts.filter(Boolean).length, 1)
    t.ok((await signingKeys.load(name))?.equals(set(attempts.indexOf(true))), 'byte for byte')
  })

  t.test('a set is replaced by who knows exactly that one', async (t) => {
    const { signingKeys } = await createStore(t)
    const { key: name } = createTicket()
    t.notOk(await signingKeys.replace(name, set(1), set(2), soon()), 'there is none')
    t.ok(await signingKeys.replace(name, undefined, set(1), soon()))
    t.notOk(await signingKeys.replace(name, undefined, set(2), soon()))
    t.notOk(await signingKeys.replace(name, set(2), set(3), soon()))
    t.ok(await signingKeys.replace(name, set(1), set(2), soon()))
    t.ok((await signingKeys.load(name))?.equals(set(2)))
    t.equal(await signingKeys.load(createTicket().key), undefined, 'other names are others')
  })

  t.test('a set is gone when it expires', async (t) => {
    const store = await createStore(t)
    const { key: name } = createTicket()
    await store.signingKeys.replace(name, undefined, set(1), Date.now() + 30)
    // A store counts from when a command reaches it: what begins later and lasts longer ends later.
    await store.consumeOnce(name, Date.now() + 31)
    await until(() => store.consumeOnce(name, soon()))
    t.equal(await store.signingKeys.load(name), undefined)
    t.ok(await store.signingKeys.replace(name, undefined, set(2), soon()))
  })
}
