import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { startUpstream } from '../../helpers/upstream.js'
import type { Contender, Parts } from '../contenders/contender.js'
import { startSignedInValetkey } from '../contenders/valetkey.js'
import { createOwner, type Owner } from '../harness/owner.js'
import { startParts } from '../harness/parts.js'
import { residentMegabytes } from '../harness/process-figures.js'
import { markdownTable } from '../harness/table.js'

const count = 5000
const warmUpCount = 200
const atOnce = 50
const idleMs = 5000

interface Kind {
  readonly name: string
  readonly request: string
  readonly isOpen: (received: string) => boolean
}

const kinds: readonly Kind[] = [
  {
    name: 'WebSockets',
    request:
      'GET /socket HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
    isOpen: (received) => /^HTTP\/1\.1 101 [^]*\r\n\r\n/.test(received),
  },
  {
    name: 'event streams',
    request: 'GET /events?count=1&open HTTP/1.1\r\n',
    isOpen: (received) => received.includes('data: 1'),
  },
]

/** What idle WebSockets and idle event streams cost a process in memory, each kind a process of its own. */
export async function idleConnections(owner: Owner): Promise<string> {
  const parts = await startParts(owner)
  const rows: string[][] = []
  for (const kind of kinds) {
    // What one kind has open would leave too few descriptors for the other.
    const ownerOfKind = createOwner()
    try {
      rows.push([kind.name, ...(await measure({ ...parts, owner: ownerOfKind }, kind))])
    } finally {
      await ownerOfKind.end()
    }
  }
  const head = [`${count.toLocaleString('en')} idle`, 'MB before', 'MB after', 'KB each']
  return markdownTable([...head, 'seconds to open all'], rows)
}

async function measure(parts: Parts, kind: Kind): Promise<string[]> {
  const application = await startUpstream()
  parts.owner.teardown(() => application.close())
  const valetkey = await startSignedInValetkey(kind.name, { ...parts, upstream: application })
  for (const socket of await openMany(valetkey, kind, warmUpCount)) socket.destroy()
  await wait(idleMs)
  const before = await residentMegabytes(valetkey.pid)
  const startedAt = performance.now()
  const sockets = await openMany(valetkey, kind, count)
  parts.owner.teardown(() => sockets.forEach((socket) => socket.destroy()))
  const seconds = (performance.now() - startedAt) / 1000
  await wait(idleMs)
  const left = sockets.filter(({ destroyed, readableEnded }) => !destroyed && !readableEnded)
  if (left.length !== count) throw new Error(`${left.length} ${kind.name} of ${count} are open`)
  const after = await residentMegabytes(valetkey.pid)
  const kilobytesEach = ((after - before) * 1024) / count
  return [before.toFixed(0), after.toFixed(0), kilobytesEach.toFixed(1), seconds.toFixed(1)]
}

async function openMany(valetkey: Contender, kind: Kind, number: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  let begun = 0
  const openInTurn = async () => {
    while (begun++ < number) sockets.push(await open(valetkey, kind))
  }
  await Promise.all(Array.from({ length: atOnce }, openInTurn))
  return sockets
}

/** Opens one and resolves once the application has answered. */
async function open({ url, headers }: Contender, { request, isOpen }: Kind): Promise<Socket> {
  const { host, port } = new URL(url)
  const socket = connect({ host: '127.0.0.1', port: Number(port) })
  socket.write(`${request}Host: ${host}\r\nCookie: ${headers['Cookie']}\r\n\r\n`)
  let received = ''
  await new Promise<void>((resolve, reject) => {
    socket.on('data', (piece) => {
      received += String(piece)
      if (isOpen(received)) resolve()
      else if (!/^HTTP\/1\.1 (101|200) /.test(received)) reject(new Error(received))
    })
    socket.on('close', () => reject(new Error('closed')))
    socket.on('error', reject)
  })
  return socket
}
