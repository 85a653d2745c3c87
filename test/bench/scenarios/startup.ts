import { setTimeout as wait } from 'node:timers/promises'
import { startBundle } from '../../helpers/bundle-process.js'
import { startProvider } from '../../helpers/provider.js'
import { imageEnvironment, imageOptions } from '../contenders/valetkey.js'
import type { Owner } from '../harness/owner.js'
import { residentMegabytes } from '../harness/process-figures.js'
import { medianOf } from '../harness/statistics.js'

const runs = 9
const idleMs = 2000

/**
 * How long the image's bundle takes from its start to readiness, and its idle memory. As in the image, Node keeps
 * what it compiled (from Node 22.1 on), so that the first run is one of warming up.
 */
export async function startUp(owner: Owner): Promise<string> {
  const provider = await startProvider()
  owner.teardown(() => provider.stop())
  const readyAfterMs: number[] = []
  const megabytes: number[] = []
  for (let run = 0; run <= runs; run++) {
    const valetkey = await startBundle({
      script: 'dist/bundle/valetkey.mjs',
      nodeOptions: imageOptions,
      env: {
        ...imageEnvironment,
        VALETKEY_ISSUER: provider.issuer,
        VALETKEY_CLIENT_ID: provider.clientId,
        VALETKEY_CLIENT_SECRET: provider.clientSecret,
        VALETKEY_UPSTREAM: 'http://127.0.0.1:9',
        VALETKEY_LOG_LEVEL: 'silent',
        NODE_COMPILE_CACHE: 'dist/bundle/compile-cache',
      },
    })
    await wait(idleMs)
    if (run > 0) {
      readyAfterMs.push(valetkey.readyAfterMs)
      megabytes.push(await residentMegabytes(valetkey.pid))
    }
    await valetkey.stop('SIGINT')
    process.stderr.write('.')
  }
  process.stderr.write('\n')
  const [fastest, slowest] = [Math.min(...readyAfterMs), Math.max(...readyAfterMs)]
  return `From the start of the process to ready: ${medianOf(readyAfterMs).median.toFixed(0)} ms (median of ${runs}; ${fastest.toFixed(0)} to ${slowest.toFixed(0)}). Idle memory, with sessions in memory: ${medianOf(megabytes).median.toFixed(0)} MB.`
}
