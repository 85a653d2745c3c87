import t from 'tap'
import { createMemoryRefreshLock } from '../../src/session/memory-refresh-lock.js'
import { createMemoryStore } from '../../src/session/memory-store.js'
import { testRefreshLock } from '../contract/refresh-lock.js'
import { testFormStore } from '../contract/form-store.js'
import { testSessionIndex } from '../contract/session-index.js'
import { testSessionStore } from '../contract/session-store.js'
import { testSigningKeyStore } from '../contract/signing-key-store.js'

t.test('the memory store', async (t) => {
  testSessionStore(t, async (t) => {
    const store = createMemoryStore()
    t.teardown(() => store.close())
    return store
  })
})

t.test('the memory index', async (t) => {
  testSessionIndex(t, async (t) => {
    const store = createMemoryStore()
    t.teardown(() => store.close())
    return store
  })
})

t.test('the memory forms', async (t) => {
  testFormStore(t, async (t) => {
    const store = createMemoryStore()
    t.teardown(() => store.close())
    return store
  })
})

t.test('the memory signing keys', async (t) => {
  testSigningKeyStore(t, async (t) => {
    const store = createMemoryStore()
    t.teardown(() => store.close())
    return store
  })
})

t.test('the memory refresh lock', async (t) => {
  testRefreshLock(t, async () => {
    const lock = createMemoryRefreshLock()
    return { one: lock, other: lock }
  })
})
