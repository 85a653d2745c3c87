// Prints by how much the memory of a process grows while 1 GB goes up through it, and 1 GB down. Another number of
// gigabytes may be given as the argument.
import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { request } from 'undici'
import { startUpstream } from '../helpers/upstream.js'
import { meanwhile } from './harness/meanwhile.js'
import { residentMegabytes } from './harness/process-figures.js'
import { startSignedIn, stopProvider } from './signed-in-process.js'

const bytes = Math.round(Number(process.argv[2] ?? 1) * 2 ** 30)
const warmUpBytes = 2 ** 26
const sampleMs = 20

const application = await startUpstream((incoming, response) => {
  if (incoming.method === 'GET') {
    Readable.from(zeros(Number(incoming.headers['x-bytes']))).pipe(response)
    return
  }
  let received = 0
  incoming.on('data', (piece: Buffer) => (received += piece.length))
  incoming.on('end', () => response.end(String(received)))
})
const valetkey = await startSignedIn(application.url)

function* zeros(length: number): Generator<Buffer> {
  const piece = Buffer.alloc(64 * 1024)
  for (let left = length; left > 0; left -= piece.length) yield piece.subarray(0, left)
}

async function upload(length: number): Promise<number> {
  const { body } = await request(`http://localhost:${valetkey.port}/`, {
    method: 'PUT',
    headers: { cookie: valetkey.cookie },
    body: Readable.from(zeros(length)),
  })
  return Number(await body.text())
}

async function download(length: number): Promise<number> {
  const { body } = await request(`http://localhost:${valetkey.port}/`, {
    headers: { cookie: valetkey.cookie, 'x-bytes': String(length) },
  })
  let received = 0
  for await (const piece of body) received += Buffer.from(piece).length
  return received
}

/** Runs it and prints the memory before and at its highest, and the speed. */
async function measure(name: string, transfer: (length: number) => Promise<number>): Promise<void> {
  await transfer(warmUpBytes)
  await wait(500)
  const before = await residentMegabytes(valetkey.pid)
  let highest = before
  const startedAt = performance.now()
  const transferred = await meanwhile(transfer(bytes), async () => {
    highest = Math.max(highest, await residentMegabytes(valetkey.pid))
    await wait(sampleMs)
  })
  const seconds = (performance.now() - startedAt) / 1000
  if (transferred !== bytes) throw new Error(`${transferred} bytes of ${bytes} arrived`)
  process.stdout.write(
    `${name}: ${before.toFixed(0)} MB before, ${highest.toFixed(0)} MB at most, ` +
      `+${(highest - before).toFixed(0)} MB; ${(bytes / 2 ** 20 / seconds).toFixed(0)} MB/s\n`,
  )
}

process.stdout.write(`Node ${process.version}, ${(bytes / 2 ** 30).toFixed(1)} GB each way\n`)
await measure('up  ', upload)
await measure('down', download)
await valetkey.stop()
await application.close()
await stopProvider()
