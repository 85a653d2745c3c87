import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import t from 'tap'
import { request } from 'undici'
import { signIn, startStack } from '../helpers/stack.js'
import { parseEcho } from '../helpers/upstream.js'

t.setTimeout(120_000)

const bodyBytes = 100 * 1024 * 1024
const mebibyte = 1024 * 1024
const mostGrowth = 40 * mebibyte

/** The resident memory of a process in bytes. */
function residentBytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kibibytes) * 1024
}

/** Watches the memory of a process while something runs; gives the highest. */
async function peakDuring(pid: number, run: () => Promise<void>): Promise<number> {
  let peak = residentBytes(pid)
  const timer = setInterval(() => {
    peak = Math.max(peak, residentBytes(pid))
  }, 5)
  await run().finally(() => clearInterval(timer))
  return peak
}

t.test(
  'BODY-2 100 MB up and 100 MB down through the whole proxy need less than 40 MB',
  async (t) => {
    const stack = await startStack(t)
    const { publicUrl, valetkey } = stack
    const { client } = await signIn(stack, 'alice')
    const headers = { cookie: client.cookieFor(publicUrl) }
    const pid = valetkey.child.pid ?? 0
    const before = residentBytes(pid)

    const chunk = Buffer.alloc(64 * 1024, 'x')
    const chunks = bodyBytes / chunk.length
    const expected = createHash('sha256')
    for (let index = 0; index < chunks; index++) expected.update(chunk)

    const peakUp = await peakDuring(pid, async () => {
      const body = Readable.from(Array.from({ length: chunks }, () => chunk))
      const response = await request(`${publicUrl}/upload`, { method: 'PUT', headers, body })
      const echo = parseEcho(await response.body.text())
      t.equal(echo.bodyLength, bodyBytes)
      t.equal(echo.bodySha256, expected.digest('hex'))
    })
    const peakDown = await peakDuring(pid, async () => {
      const response = await request(`${publicUrl}/stream?bytes=${bodyBytes}`, { headers })
      let received = 0
      for await (const piece of response.body) received += Buffer.from(piece).length
      t.equal(received, bodyBytes)
    })

    const growth = (peak: number) => `${Math.round((peak - before) / mebibyte)} MB`
    t.comment(
      `before ${Math.round(before / mebibyte)} MB, up +${growth(peakUp)}, down +${growth(peakDown)}`,
    )
    t.ok(peakUp - before < mostGrowth, 'up')
    t.ok(peakDown - before < mostGrowth, 'down')
  },
)
