import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { startUpstream } from '../../helpers/upstream.js'
import type { Contender } from '../contenders/contender.js'
import { startSignedInValetkey } from '../contenders/valetkey.js'
import type { Owner } from '../harness/owner.js'
import { startParts } from '../harness/parts.js'
import { cpuMs, residentMegabytes } from '../harness/process-figures.js'

const sockets = 1000
const warmUpSockets = 100
const seconds = 10
const settleMs = 2000
const message = 'x'.repeat(100)

/** What messages over WebSockets cost, which go to the application and come back. */
export async function webSocketMessages(owner: Owner): Promise<string> {
  const parts = await startParts(owner)
  const echo = await startUpstream()
  owner.teardown(() => echo.close())
  const valetkey = await startSignedInValetkey('WebSockets', {
    ...parts,
    upstream: echo,
  })
  // What runs for the first time is compiled and takes memory once.
  for (const socket of await openSockets(valetkey, warmUpSockets)) socket.terminate()
  await wait(settleMs)
  const before = await residentMegabytes(valetkey.pid)
  const open = await openSockets(valetkey, sockets)
  await wait(settleMs)
  const after = await residentMegabytes(valetkey.pid)
  let received = 0
  let isOver = false
  for (const socket of open) {
    socket.on('message', () => {
      received += 1
      if (!isOver) socket.send(message)
    })
    socket.send(message)
  }
  await wait(1000)
  const [countBefore, cpuBefore] = [received, await cpuMs(valetkey.pid)]
  await wait(seconds * 1000)
  const [count, cpu] = [received - countBefore, (await cpuMs(valetkey.pid)) - cpuBefore]
  isOver = true
  for (const socket of open) socket.terminate()
  // Each message passes twice.
  const micros = (cpu * 1000) / (count * 2)
  return `${sockets.toLocaleString('en')} WebSockets echo messages of ${message.length} bytes: ${Math.round((count * 2) / seconds).toLocaleString('en')} messages a second pass, at ${micros.toFixed(1)} µs of CPU each. The thousand take ${(after - before).toFixed(0)} MB.`
}

async function openSockets({ url, headers }: Contender, count: number): Promise<WebSocket[]> {
  const open: WebSocket[] = []
  for (let each = 0; each < count; each++) {
    const address = `${url.replace('http', 'ws')}/socket`
    const socket = new WebSocket(address, { headers, perMessageDeflate: false })
    await once(socket, 'open')
    open.push(socket)
  }
  return open
}
