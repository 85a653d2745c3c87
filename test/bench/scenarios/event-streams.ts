import { Agent, get, type IncomingMessage } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { startSignedInValetkey } from '../contenders/valetkey.js'
import { cpuDuring } from '../harness/cpu-during.js'
import type { Owner } from '../harness/owner.js'
import { startParts } from '../harness/parts.js'
import { residentMegabytes } from '../harness/process-figures.js'
import { startStreamApplication } from '../harness/stream-application.js'

const streams = 1000
const seconds = 10
const everyMs = 100
const settleMs = 2000
const arriveWithinMs = 10_000
const agent = new Agent({ keepAlive: true })
const event = `data: ${'x'.repeat(92)}\n\n`

/** What open event streams take, and what each event costs that passes through them. */
export async function eventStreams(owner: Owner): Promise<string> {
  const parts = await startParts(owner)
  const application = await startStreamApplication(owner, event)
  const valetkey = await startSignedInValetkey('streams', { ...parts, upstream: application })
  const { pid } = valetkey
  const open = () => openStream(valetkey.url, valetkey.headers)
  // What runs for the first time is compiled and takes memory once.
  for (let each = 0; each < 100; each++) (await open()).destroy()
  await wait(settleMs)
  const before = await residentMegabytes(pid)
  let received = 0
  for (let each = 0; each < streams; each++) {
    const stream = await open()
    stream.on('data', (piece: Buffer) => (received += piece.length))
    owner.teardown(() => stream.destroy())
  }
  await wait(settleMs)
  const after = await residentMegabytes(pid)

  /** Each event is a packet of its own, as an application sends them that has nothing to say for a while. */
  const sendFor = async (rounds: number) => {
    received = 0
    for (let round = 0; round < rounds; round++) {
      application.send()
      await wait(everyMs)
    }
    const deadline = performance.now() + arriveWithinMs
    const all = rounds * streams
    while (received < all * event.length && performance.now() < deadline) await wait(1)
    const count = received / event.length
    if (count !== all) throw new Error(`${count} events of ${all} arrived`)
    return count
  }
  await sendFor(10)
  const { cpuMs, result: count } = await cpuDuring([pid], () => sendFor((seconds * 1000) / everyMs))
  const micros = ((cpuMs[0] ?? Number.NaN) * 1000) / count
  return `${streams.toLocaleString('en')} open event streams take ${(after - before).toFixed(0)} MB. When each gets an event of ${event.length} bytes every ${everyMs} ms, an event costs ${micros.toFixed(1)} µs of CPU: a core is enough for ${Math.round(1e6 / micros).toLocaleString('en')} events a second.`
}

function openStream(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = get(`${url}/events`, { headers, agent })
    request.once('error', reject).once('response', (response) => {
      if (response.statusCode === 200) resolve(response)
      else reject(new Error(`a stream was answered with ${response.statusCode}`))
    })
  })
}
