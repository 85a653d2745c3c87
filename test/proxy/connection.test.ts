import { once } from 'node:events'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { request } from 'undici'
import { WebSocket } from 'ws'
import type { UpstreamSettings } from '../../src/proxy/upstream.js'
import { createAuthority } from '../helpers/certificates.js'
import { parseEcho, startUpstream } from '../helpers/upstream.js'
import { startProxy, type Proxy } from './start-proxy.js'

// short, since the path of a socket has a limit
const folder = await mkdtemp(join(tmpdir(), 'valetkey-'))
t.teardown(() => rm(folder, { recursive: true }))
const authority = await createAuthority(folder)
const server = await authority.issue('server', 'DNS:app.internal.example')
const client = await authority.issue('client', 'DNS:client')
const stranger = await (await createAuthority(folder, 'other')).issue('stranger', 'DNS:client')

const { caFile } = authority
const serverName = 'app.internal.example'
const secure = await startUpstream(undefined, {
  cert: await readFile(server.certFile),
  key: await readFile(server.keyFile),
  ca: await readFile(caFile),
  requestCert: true,
})
const socketPath = join(folder, 'app.sock')
const local = await startUpstream(undefined, undefined, socketPath)
t.teardown(async () => {
  await secure.close()
  await local.close()
})

/** What a request and a WebSocket handshake come to. */
async function tryBoth(proxy: Proxy): Promise<string[]> {
  const { statusCode, body } = await request(proxy.url)
  const text = await body.text()
  const webSocket = new WebSocket(`ws://127.0.0.1:${proxy.port}/`)
  const outcome = new Promise<string>((resolve) => {
    webSocket.on('open', () => resolve('open'))
    webSocket.on('error', (error) => resolve(error.message))
  })
  const seen = [statusCode === 200 ? '200' : text, await outcome]
  webSocket.terminate()
  return seen
}

t.test('an authority of its own vouches for the upstream, by the name that is set', async (t) => {
  const proxy = await startProxy(t, { url: secure.url, tls: { caFile, serverName, ...client } })
  t.same(await tryBoth(proxy), ['200', 'open'])
})

t.test('B.2-1 an upstream that cannot show the name, or to which nothing is shown', async (t) => {
  const places: Record<string, UpstreamSettings> = {
    'without the authority': { url: secure.url, tls: { serverName, ...client } },
    'by its address': { url: secure.url, tls: { caFile, ...client } },
    'by another name': { url: secure.url, tls: { caFile, serverName: 'x.example', ...client } },
    'without a client certificate': { url: secure.url, tls: { caFile, serverName } },
    'with one of another authority': { url: secure.url, tls: { caFile, serverName, ...stranger } },
    'with a file that is gone': { url: secure.url, tls: { caFile: join(folder, 'gone') } },
  }
  secure.forget()
  for (const [title, place] of Object.entries(places)) {
    const proxy = await startProxy(t, place)
    const [answer, opened] = await tryBoth(proxy)
    t.match(answer, /ERR_UPSTREAM_/, title)
    t.equal(opened, 'Unexpected server response: 502', title)
  }
  t.equal(secure.requests.length, 0)
})

t.test('files that are exchanged count from the next connection on', async (t) => {
  const certFile = join(folder, 'exchanged.crt')
  const keyFile = join(folder, 'exchanged.key')
  await copyFile(stranger.certFile, certFile)
  await copyFile(stranger.keyFile, keyFile)
  const tls = { caFile, serverName, certFile, keyFile }
  const proxy = await startProxy(t, { url: secure.url, tls })
  t.match((await tryBoth(proxy))[1], /502/)
  await copyFile(client.certFile, certFile)
  await copyFile(client.keyFile, keyFile)
  t.same(await tryBoth(proxy), ['200', 'open'])
})

t.test('forwards to a unix socket', async (t) => {
  const proxy = await startProxy(t, `unix:${socketPath}`)
  const response = await request(`${proxy.url}/a?b`, { method: 'POST', body: 'hello' })
  const echo = parseEcho(await response.body.text())
  t.match(echo, { url: '/a?b', bodyLength: 5, headers: { host: `127.0.0.1:${proxy.port}` } })
  t.same(await tryBoth(proxy), ['200', 'open'])
})

t.test(
  'a socket that is not there, or is no socket, is an upstream that is not there',
  async (t) => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    for (const path of [join(folder, 'gone.sock'), file]) {
      const proxy = await startProxy(t, `unix:${path}`)
      const [answer, opened] = await tryBoth(proxy)
      t.match(answer, /ERR_UPSTREAM_(UNREACHABLE|REFUSED)/)
      t.match(opened, /502/)
    }
  },
)

t.test('the time to connect includes TLS', async (t) => {
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => silent.close())
  const address = silent.address()
  const port = typeof address === 'object' ? address?.port : 0
  const url = `https://127.0.0.1:${port}`
  const proxy = await startProxy(t, url, { timeouts: { connectMs: 200 } })
  const [answer, opened] = await tryBoth(proxy)
  t.match(answer, /ERR_UPSTREAM_TIMEOUT/)
  t.match(opened, /504/)
})

t.test('response and idle time hold for a unix socket and TLS', async (t) => {
  const stalled = join(folder, 'stalled.sock')
  const places: UpstreamSettings[] = [
    { url: `unix:${stalled}` },
    { url: '', tls: { caFile, serverName } },
  ]
  const cert = await readFile(server.certFile)
  const key = await readFile(server.keyFile)
  for (const place of places) {
    const isLocal = place.url !== ''
    const upstream = await startUpstream(
      ({ url }, response) => {
        if (url === '/body') response.write('some')
      },
      isLocal ? undefined : { cert, key },
      isLocal ? stalled : undefined,
    )
    t.teardown(() => upstream.close())
    const proxy = await startProxy(
      t,
      { ...place, url: upstream.url },
      { timeouts: { responseMs: 200, idleMs: 200 } },
    )
    const late = await request(proxy.url)
    t.match(await late.body.json(), { code: 'ERR_UPSTREAM_TIMEOUT' })
    const cut = await request(`${proxy.url}/body`)
    await t.rejects(cut.body.text(), 'a body that stalls does not look whole')
  }
})
