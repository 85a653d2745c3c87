import { once } from 'node:events'
import { copyFile, rm, writeFile } from 'node:fs/promises'
import { connect as connectPlainly } from 'node:net'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { followCertificateFiles, readCertificate } from '../../src/app/certificate-files.js'
import { createListener } from '../../src/http/listener.js'
import { askHttp2, openHttp2 } from '../helpers/http2-client.js'
import { startAppInProcess } from '../helpers/app-in-process.js'
import { createAuthority } from '../helpers/certificates.js'
import { startUpstream } from '../helpers/upstream.js'
import { rawRequest } from '../proxy/raw-request.js'
import { until } from '../session/fixtures.js'

const folder = t.testdir()
const authority = await createAuthority(folder)
const first = await authority.issue('first', 'DNS:localhost')
const second = await authority.issue('second', 'DNS:localhost')
const files = { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') }

const use = async ({ certFile, keyFile }: typeof files): Promise<void> => {
  await copyFile(certFile, files.certFile)
  await copyFile(keyFile, files.keyFile)
}

const openTls = async (port: number, options: object = {}): Promise<TLSSocket> => {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
  await once(socket, 'secureConnect')
  return socket
}

const nameAt = async (port: number): Promise<string> => {
  const socket = await openTls(port)
  const { subject } = socket.getPeerCertificate()
  socket.destroy()
  return String(subject.CN)
}

t.test('TLS of its own, with HTTP/2 and HTTP/1.1 by ALPN', async (t) => {
  await use(first)
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const { url, port } = await startAppInProcess(t, {
    publicUrl: 'https://localhost',
    tls: files,
    routes: [{ auth: 'public', upstream: upstream.url }],
  })
  t.match(url, /^https:/)

  const session = await openHttp2(t, `https://127.0.0.1:${port}`, { rejectUnauthorized: false })
  t.equal((await askHttp2(session, { ':authority': 'localhost' })).headers[':status'], 200)
  session.destroy()

  for (const ALPNProtocols of [['http/1.1'], ['http/1.1', 'x'], undefined]) {
    const socket = await openTls(port, ALPNProtocols && { ALPNProtocols })
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    const [answer] = await once(socket, 'data')
    t.match(String(answer), /^HTTP\/1.1 200 /)
    socket.destroy()
  }
  t.equal(upstream.requests.at(-1)?.headers['x-forwarded-proto'], 'https')
  await t.rejects(openTls(port, { ALPNProtocols: ['h3'] }), 'nothing in common')
  await t.rejects(openTls(port, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }), 'too old')
  t.equal((await openTls(port, { maxVersion: 'TLSv1.2' })).destroy().destroyed, true)
  t.equal(await rawRequest(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'), '', 'nothing without TLS')

  const socket = new WebSocket(`wss://127.0.0.1:${port}/`, { rejectUnauthorized: false })
  await once(socket, 'open')
  socket.send('hello')
  t.equal(String((await once(socket, 'message'))[0]), 'hello')
  socket.terminate()

  const silent = connectPlainly(port, '127.0.0.1')
  await once(silent, 'connect')
  silent.destroy()
})

/** Follows the files on behalf of a server that speaks with what they hold now; `meanwhile` comes before that. */
async function startFollowing(t: Test, meanwhile: () => Promise<void> = async () => {}) {
  const certificate = readCertificate(files)
  const { server } = createListener({
    certificate,
    onRequest: (_request, response) => response.end('fine'),
  })
  await meanwhile()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not on a port')
  const { port } = address
  const lines: { level: string; fields: unknown }[] = []
  const log = (level: string) => (fields: unknown) => void lines.push({ level, fields })
  const logger = { info: log('info'), error: log('error') }
  const stop = followCertificateFiles({ files, certificate, server, logger, intervalMs: 10 })
  t.teardown(() => {
    stop()
    server.close()
  })
  return { port, lines }
}

t.test('a certificate that is replaced while the process starts counts as well', async (t) => {
  await use(first)
  const { port, lines } = await startFollowing(t, () => use(second))
  await until(() => lines.length === 1)
  t.equal(await nameAt(port), 'second')
})

t.test('a certificate is replaced without a restart, and a bad one is not', async (t) => {
  await use(first)
  const { port, lines } = await startFollowing(t)
  t.equal(await nameAt(port), 'first')
  await copyFile(second.certFile, files.certFile)
  await until(() => lines.length === 1)
  t.match(lines[0], {
    level: 'error',
    fields: { reason: /keyFile names a private key that is not that of certFile/ },
  })
  t.equal(await nameAt(port), 'first', 'a certificate without its key')

  const open = await openTls(port)
  await use(second)
  await until(() => lines.length === 2)
  t.match(lines[1], { level: 'info', fields: { names: 'DNS:localhost', expires: /^20/ } })
  t.equal(await nameAt(port), 'second')
  open.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  t.match(String((await once(open, 'data'))[0]), /200 OK/, 'open connections go on')
  open.destroy()
  await t.rejects(openTls(port, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }), 'still too old')

  await writeFile(files.certFile, '-----BEGIN CERTIFICATE-----\nx')
  await until(() => lines.length === 3)
  await rm(files.keyFile)
  await until(() => lines.length === 4)
  t.match(lines.slice(2), [{ level: 'error' }, { level: 'error' }])
  t.equal(await nameAt(port), 'second')
  t.notMatch(JSON.stringify(lines), /PRIVATE KEY/)
})
