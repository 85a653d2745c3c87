import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { startAppInProcess } from '../helpers/app-in-process.js'
import { freePort } from '../helpers/free-port.js'
import { startProvider } from '../helpers/provider.js'
import { signIn } from '../helpers/stack.js'
import { listenOnLoopback } from '../helpers/listen.js'
import { startUpstream } from '../helpers/upstream.js'

t.test('X12 a proxy of the environment leads to providers, never to upstreams', async (t) => {
  let connections = 0
  const proxy = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  const proxyPort = await listenOnLoopback(t, proxy)
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy']) {
    process.env[name] = `http://127.0.0.1:${proxyPort}`
  }
  const port = await freePort()
  const publicUrl = `http://localhost:${port}`
  const provider = await startProvider({ redirectUris: [`${publicUrl}/oauth2/callback`] })
  t.teardown(() => provider.stop())
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const { issuer, clientId, clientSecret } = provider
  await startAppInProcess(t, {
    publicUrl,
    listen: `127.0.0.1:${port}`,
    providers: [{ issuer, clientId, clientSecret }],
    routes: [{ upstream: upstream.url }],
  })
  const { landed } = await signIn({ publicUrl }, 'alice')
  t.equal(landed, `${publicUrl}/`)
  t.equal(connections, 0, 'all of it is on loopback')

  const connected = once(proxy, 'connection')
  await startAppInProcess(t, {
    providers: [{ issuer: 'https://idp.example.test', clientId, clientSecret }],
    routes: [{ upstream: upstream.url }],
  })
  await connected
  t.ok(connections >= 1)
})
