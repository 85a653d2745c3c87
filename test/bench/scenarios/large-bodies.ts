import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { request } from 'undici'
import { startUpstream } from '../../helpers/upstream.js'
import type { Contender } from '../contenders/contender.js'
import { startSignedInValetkey } from '../contenders/valetkey.js'
import { meanwhile } from '../harness/meanwhile.js'
import type { Owner } from '../harness/owner.js'
import { startParts } from '../harness/parts.js'
import { residentMegabytes } from '../harness/process-figures.js'
import { markdownTable } from '../harness/table.js'

const bytes = 2 ** 30
const warmUpBytes = 2 ** 26
const settleMs = 500
const sampleMs = 20

type Transfer = (valetkey: Contender, length: number) => Promise<number>

/** By how much the memory of a process grows while 1 GB goes up through it, and 1 GB down. */
export async function largeBodies(owner: Owner): Promise<string> {
  const parts = await startParts(owner)
  const application = await startApplication()
  owner.teardown(() => application.close())
  const valetkey = await startSignedInValetkey('bodies', { ...parts, upstream: application })
  const rows = [
    ['up', ...(await measure(valetkey, upload))],
    ['down', ...(await measure(valetkey, download))],
  ]
  return markdownTable(['', 'MB before', 'MB at most', 'growth', 'MB/s'], rows)
}

/** Says how much it received, and sends as much as it is asked for. */
const startApplication = () =>
  startUpstream((incoming, response) => {
    if (incoming.method === 'GET') {
      Readable.from(zeros(Number(incoming.headers['x-bytes']))).pipe(response)
      return
    }
    let received = 0
    incoming.on('data', (piece: Buffer) => (received += piece.length))
    incoming.on('end', () => response.end(String(received)))
  })

function* zeros(length: number): Generator<Buffer> {
  const piece = Buffer.alloc(64 * 1024)
  for (let left = length; left > 0; left -= piece.length) yield piece.subarray(0, left)
}

const upload: Transfer = async ({ url, headers }, length) => {
  const { body } = await request(url, {
    method: 'PUT',
    headers,
    body: Readable.from(zeros(length)),
  })
  return Number(await body.text())
}

const download: Transfer = async ({ url, headers }, length) => {
  const { body } = await request(url, { headers: { ...headers, 'X-Bytes': String(length) } })
  let received = 0
  for await (const piece of body) received += Buffer.from(piece).length
  return received
}

/** The memory before, at its highest and by how much that is more, and the speed. */
async function measure(valetkey: Contender, transfer: Transfer): Promise<string[]> {
  await transfer(valetkey, warmUpBytes)
  await wait(settleMs)
  const before = await residentMegabytes(valetkey.pid)
  let highest = before
  const startedAt = performance.now()
  const transferred = await meanwhile(transfer(valetkey, bytes), async () => {
    highest = Math.max(highest, await residentMegabytes(valetkey.pid))
    await wait(sampleMs)
  })
  const seconds = (performance.now() - startedAt) / 1000
  if (transferred !== bytes) throw new Error(`${transferred} bytes of ${bytes} arrived`)
  return [before, highest, highest - before, bytes / 2 ** 20 / seconds].map((figure) =>
    figure.toFixed(0),
  )
}
