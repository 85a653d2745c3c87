import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { WebSocket } from 'ws'
import { createSessionKey } from '../../src/session/key-ring.js'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { signInAtProvider } from '../helpers/provider.js'
import { asNavigation, signIn, startStack } from '../helpers/stack.js'
import { startUpstream } from '../helpers/upstream.js'
import { until } from '../session/fixtures.js'

t.setTimeout(120_000)

t.test('session keys are replaced without a restart, and nobody notices', async (t) => {
  const file = join(t.testdir(), 'session-keys')
  const [older, newer] = [createSessionKey(), createSessionKey()]
  await writeFile(file, `${older}\n`)
  const application = await startUpstream()
  t.teardown(() => application.close())
  const forward = { assertion: { audience: 'https://app.example.com' } }
  const stack = await startStack(t, {
    session: { keysFile: file },
    config: { routes: [{ upstream: application.url, forward }] },
  })
  const { publicUrl, valetkey } = stack
  const replacements = () =>
    valetkey.log.filter((line) => line.includes('session keys replaced')).length
  async function replace(...keys: string[]) {
    const before = replacements()
    await writeFile(file, `${keys.join('\n')}\n`)
    await until(() => replacements() > before)
  }
  async function signingKeys(): Promise<unknown[]> {
    const body: unknown = JSON.parse(await (await fetch(`${publicUrl}/oauth2/jwks`)).text())
    const keys: unknown = Object(body).keys
    return Array.isArray(keys) ? keys.map((key: { kid: string }) => key.kid) : []
  }
  const { client: early } = await signIn(stack, 'alice')
  const [oldSigner] = await signingKeys()
  const webSocket = new WebSocket(`${publicUrl.replace('http', 'ws')}/?greet`, {
    headers: { cookie: early.cookieFor(publicUrl) },
  })
  t.teardown(() => webSocket.terminate())
  await once(webSocket, 'message')
  const pending = createJarFetch()
  const start = await pending(`${publicUrl}/oauth2/start`, { headers: asNavigation })
  await start.text()

  await replace(newer, older)
  t.equal((await early(`${publicUrl}/`)).status, 200, 'sessions go on')
  await until(async () => (await signingKeys()).length === 2)
  t.ok((await signingKeys()).includes(oldSigner), 'a new key is published before the old one goes')
  const callback = await signInAtProvider(pending, start.headers.get('location') ?? '', 'bob')
  await (await pending(callback, { headers: asNavigation })).text()
  t.equal((await pending(`${publicUrl}/`)).status, 200, 'a login that had begun is finished')

  // Listened for before: the close may be here sooner than the line in the log.
  const closed = once(webSocket, 'close')
  await replace(newer)
  t.equal((await closed)[0], 1008)
  t.equal((await early(`${publicUrl}/`)).status, 401, 'without the key there is no session')
  t.equal((await pending(`${publicUrl}/`)).status, 200)
  t.equal((await signingKeys()).length, 1)
  t.notOk((await signingKeys()).includes(oldSigner))

  await writeFile(file, 'hunter2\n')
  await until(() => valetkey.log.some((line) => line.includes('the keys stay as they were')))
  t.equal((await pending(`${publicUrl}/`)).status, 200)
})
