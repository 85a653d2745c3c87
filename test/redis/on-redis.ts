import type { Test } from 'tap'
import { connectRedis, type RedisOptions } from '../../src/redis/connect.js'
import type { SessionStore } from '../../src/session/session-store.js'
import { testRefreshLock } from '../contract/refresh-lock.js'
import { testFormStore } from '../contract/form-store.js'
import { testSessionIndex } from '../contract/session-index.js'
import { testSessionStore } from '../contract/session-store.js'
import { testSigningKeyStore } from '../contract/signing-key-store.js'
import { until } from '../session/fixtures.js'

/** Connects and waits until commands get through. */
export async function connect(t: Test, options: Partial<RedisOptions>) {
  const connected = connectRedis({ keyPrefix: 'valetkey:', commandTimeoutMs: 1000, ...options })
  t.teardown(() => connected.store.close())
  await until(() => answers(connected.store.load('probe')))
  return connected
}

/** Whether a promise is kept. */
export function answers(promise: Promise<unknown>): Promise<boolean> {
  return promise.then(
    () => true,
    () => false,
  )
}

/** Why a store cannot be reached; empty when it can. */
export function whyNot({ load }: SessionStore): Promise<string> {
  return load('probe').then(() => '', String)
}

/** Runs the suites of everything that a store keeps, and of the refresh lock. */
export function testContracts(t: Test, options: Partial<RedisOptions>): void {
  t.test('the session store', async (t) => {
    testSessionStore(t, async (t) => (await connect(t, options)).store)
  })
  t.test('the session index', async (t) => {
    testSessionIndex(t, async (t) => (await connect(t, options)).store)
  })
  t.test('the forms', async (t) => {
    testFormStore(t, async (t) => (await connect(t, options)).store)
  })
  t.test('the signing keys', async (t) => {
    testSigningKeyStore(t, async (t) => (await connect(t, options)).store)
  })
  t.test('the refresh lock', async (t) => {
    testRefreshLock(t, async (t) => ({
      one: (await connect(t, options)).lock,
      other: (await connect(t, options)).lock,
    }))
  })
}
