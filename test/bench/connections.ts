// Prints what 5,000 idle WebSockets and 5,000 idle event streams cost a process in memory. Another number may be given
// as the argument; each needs two descriptors here and two there.
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { startUpstream } from '../helpers/upstream.js'
import { residentMegabytes } from './harness/process-figures.js'
import { type SignedInProcess, startSignedIn, stopProvider } from './signed-in-process.js'

const count = Number(process.argv[2] ?? 5000)
const warmUpCount = 200
const atOnce = 50
const idleMs = 5000

const kinds = {
  WebSockets: {
    request:
      'GET /socket HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
    isOpen: (received: string) => /^HTTP\/1\.1 101 [^]*\r\n\r\n/.test(received),
  },
  'event streams': {
    request: 'GET /events?count=1&open HTTP/1.1\r\n',
    isOpen: (received: string) => received.includes('data: 1'),
  },
}

/** Opens one and resolves once the application has answered. */
async function open(
  valetkey: SignedInProcess,
  kind: (typeof kinds)['WebSockets'],
): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: valetkey.port })
  socket.write(
    `${kind.request}Host: localhost:${valetkey.port}\r\nCookie: ${valetkey.cookie}\r\n\r\n`,
  )
  let received = ''
  await new Promise<void>((resolve, reject) => {
    socket.on('data', (piece) => {
      received += String(piece)
      if (kind.isOpen(received)) resolve()
      else if (!/^HTTP\/1\.1 (101|200) /.test(received)) reject(new Error(received))
    })
    socket.on('close', () => reject(new Error('closed')))
    socket.on('error', reject)
  })
  return socket
}

async function openMany(
  valetkey: SignedInProcess,
  kind: (typeof kinds)['WebSockets'],
  number: number,
) {
  const sockets: Socket[] = []
  let begun = 0
  const openInTurn = async () => {
    while (begun++ < number) sockets.push(await open(valetkey, kind))
  }
  await Promise.all(Array.from({ length: atOnce }, openInTurn))
  return sockets
}

process.stdout.write(`Node ${process.version}\n`)
for (const [name, kind] of Object.entries(kinds)) {
  const application = await startUpstream()
  const valetkey = await startSignedIn(application.url)
  for (const socket of await openMany(valetkey, kind, warmUpCount)) socket.destroy()
  await wait(idleMs)
  const before = await residentMegabytes(valetkey.pid)
  const startedAt = performance.now()
  const sockets = await openMany(valetkey, kind, count)
  const seconds = (performance.now() - startedAt) / 1000
  await wait(idleMs)
  const stillOpen = sockets.filter(({ destroyed, readableEnded }) => !destroyed && !readableEnded)
  const after = await residentMegabytes(valetkey.pid)
  const each = ((after - before) * 1024) / sockets.length
  process.stdout.write(
    `${stillOpen.length} idle ${name}: ${before.toFixed(0)} MB before, ${after.toFixed(0)} MB after, ` +
      `${each.toFixed(1)} KB each; opened within ${seconds.toFixed(1)} s\n`,
  )
  for (const socket of sockets) socket.destroy()
  await valetkey.stop()
  await application.close()
}
await stopProvider()
