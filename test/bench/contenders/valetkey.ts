import { version } from '../../../src/version.js'
import { freePort } from '../../helpers/free-port.js'
import type { TestProvider } from '../../helpers/provider.js'
import { type RedisServer, startRedis } from '../../helpers/redis-server.js'
import { sessionKey, signIn } from '../../helpers/stack.js'
import { startValetkey, type ValetkeyProcess } from '../../helpers/valetkey.js'
import type { BenchUpstream } from '../harness/bench-upstream.js'
import type { Owner } from '../harness/owner.js'
import type { Contender, Parts } from './contender.js'

export type KnownProvider = Pick<
  TestProvider,
  'issuer' | 'clientId' | 'clientSecret' | 'redirectUris'
>

/** What it needs of the parts of a benchmark; they may be others for a scenario. */
export interface ValetkeyParts {
  readonly owner: Owner
  readonly upstream: Pick<BenchUpstream, 'url'>
  readonly provider: KnownProvider
}

export interface ValetkeyOptions {
  /** Where it keeps its sessions; in memory without one. */
  readonly redis?: RedisServer
  /** Over the defaults, section by section. */
  readonly config?: Readonly<Record<string, unknown>>
  readonly session?: Readonly<Record<string, unknown>>
  /** Options of Node itself; those of the image by default. */
  readonly nodeOptions?: readonly string[]
  /** The bundle by default. */
  readonly script?: string
}

/** The options of Node that the image sets. */
export const imageOptions = ['--max-semi-space-size=8']

/** What the image sets besides. */
export const imageEnvironment = { NODE_ENV: 'production', MALLOC_MMAP_THRESHOLD_: '70000' }

/** The bundle as the image has it, before the application of the benchmark. */
export async function startBundledValetkey(
  { owner, upstream, provider }: ValetkeyParts,
  { redis, config, session, nodeOptions = imageOptions, script }: ValetkeyOptions = {},
): Promise<ValetkeyProcess> {
  const port = await freePort()
  const publicUrl = `http://localhost:${port}`
  provider.redirectUris.add(`${publicUrl}/oauth2/callback`)
  const { issuer, clientId, clientSecret } = provider
  const valetkey = await startValetkey({
    script: script ?? 'dist/bundle/valetkey.mjs',
    publicUrl,
    port,
    env: imageEnvironment,
    nodeOptions,
    config: {
      providers: [{ id: 'corp', issuer, clientId, clientSecret }],
      session: {
        ...(redis && { store: 'redis', redis: { url: redis.url }, keys: [sessionKey] }),
        ...session,
      },
      routes: [{ match: { path: '/' }, upstream: upstream.url }],
      log: { level: 'info' },
      ...config,
    },
  })
  const killAtExit = () => valetkey.child.kill('SIGKILL')
  process.once('exit', killAtExit)
  owner.teardown(() => {
    process.off('exit', killAtExit)
    return valetkey.stop()
  })
  await valetkey.ready()
  return valetkey
}

/** The same with alice signed in. */
export async function startSignedInValetkey(
  name: string,
  parts: ValetkeyParts,
  options: ValetkeyOptions = {},
): Promise<Contender> {
  const { publicUrl, child } = await startBundledValetkey(parts, options)
  const { client } = await signIn({ publicUrl }, 'alice')
  const headers = { Cookie: client.cookieFor(publicUrl) }
  const { redis } = options
  return { name, version, url: publicUrl, headers, pid: child.pid ?? 0, ...(redis && { redis }) }
}

export const startValetkeyOnMemory = (parts: Parts): Promise<Contender> =>
  startSignedInValetkey('Valetkey, memory', parts)

export async function startValetkeyOnRedis(parts: Parts): Promise<Contender> {
  const redis = await startRedis()
  parts.owner.teardown(() => redis.stop())
  return startSignedInValetkey('Valetkey, Redis', parts, { redis })
}
