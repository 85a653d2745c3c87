// Prints how long the image's bundle takes from its start to readiness, and its idle memory. As in the image,
// Node keeps what it compiled (from Node 22.1 on).
import { setTimeout as wait } from 'node:timers/promises'
import { startBundle } from '../helpers/bundle-process.js'
import { startProvider } from '../helpers/provider.js'
import { residentMegabytes } from './harness/process-figures.js'

const runs = 5
const idleMs = 2000

const provider = await startProvider()
const readyAfterMs: number[] = []
let idleMegabytes = 0
for (let run = 0; run < runs; run++) {
  const valetkey = await startBundle({
    script: 'dist/bundle/valetkey.mjs',
    env: {
      VALETKEY_ISSUER: provider.issuer,
      VALETKEY_CLIENT_ID: provider.clientId,
      VALETKEY_CLIENT_SECRET: provider.clientSecret,
      VALETKEY_UPSTREAM: 'http://127.0.0.1:9',
      VALETKEY_LOG_LEVEL: 'silent',
      NODE_COMPILE_CACHE: 'dist/bundle/compile-cache',
    },
  })
  readyAfterMs.push(valetkey.readyAfterMs)
  if (run === runs - 1) {
    await wait(idleMs)
    idleMegabytes = await residentMegabytes(valetkey.pid)
  }
  await valetkey.stop('SIGINT')
}
await provider.stop()

const [fastest, median, slowest] = [0, Math.floor(runs / 2), runs - 1].map((at) =>
  readyAfterMs.toSorted((a, b) => a - b)[at]?.toFixed(0),
)
process.stdout.write(
  `Node ${process.version}, ${runs} runs\n` +
    `start to ready: ${median} ms (median; ${fastest} to ${slowest})\n` +
    `idle memory:    ${idleMegabytes.toFixed(0)} MB resident\n`,
)
