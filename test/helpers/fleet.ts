import type { Test } from 'tap'
import { type Balancer, startBalancer } from './balancer.js'
import { type FaultyTcp, startFaultyTcp } from './faulty-tcp.js'
import { startProvider, type TestProvider, type TestProviderOptions } from './provider.js'
import type { RedisServer } from './redis-server.js'
import { sessionKey } from './stack.js'
import { startUpstream, type Upstream } from './upstream.js'
import { startValetkey, type ValetkeyProcess } from './valetkey.js'

/** Redis in a form of several servers, which tell the processes themselves where they are. */
export interface RedisForm {
  /** What stands under `session.redis`. */
  readonly settings: Record<string, unknown>
}

export interface FleetOptions {
  readonly redis: RedisServer | RedisForm
  /** Besides the address of a single server. */
  readonly redisSettings?: Record<string, unknown>
  readonly provider?: TestProviderOptions
  readonly session?: Record<string, unknown>
  readonly providerConfig?: Record<string, unknown>
  /** Over the defaults, section by section. */
  readonly config?: Record<string, unknown>
}

/** One Valetkey process and, where Redis is one server, its own link there, which breaks on demand. */
export interface Member {
  readonly valetkey: ValetkeyProcess
  readonly link: FaultyTcp | undefined
}

/** A provider, an application, and three Valetkey processes behind a balancer: all real. */
export interface Fleet {
  readonly publicUrl: string
  readonly provider: TestProvider
  readonly upstream: Upstream
  readonly balancer: Balancer
  readonly members: readonly [Member, Member, Member]
}

export async function startFleet(t: Test, options: FleetOptions): Promise<Fleet> {
  const provider = await startProvider(options.provider)
  t.teardown(() => provider.stop())
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const balancer = await startBalancer()
  t.teardown(() => balancer.close())
  const publicUrl = `http://localhost:${balancer.port}`
  provider.redirectUris.add(`${publicUrl}/oauth2/callback`)
  const { issuer, clientId, clientSecret } = provider

  async function startLink(): Promise<FaultyTcp | undefined> {
    if ('settings' in options.redis) return undefined
    const link = await startFaultyTcp(options.redis.port)
    t.teardown(() => link.close())
    return link
  }

  async function startMember(): Promise<Member> {
    const link = await startLink()
    const redis =
      'settings' in options.redis
        ? options.redis.settings
        : { url: link?.url, ...options.redisSettings }
    const valetkey = await startValetkey({
      publicUrl,
      config: {
        providers: [{ id: 'corp', issuer, clientId, clientSecret, ...options.providerConfig }],
        session: {
          store: 'redis',
          redis,
          keys: [sessionKey],
          ...options.session,
        },
        routes: [{ match: { path: '/' }, upstream: upstream.url }],
        ...options.config,
      },
    })
    t.teardown(() => valetkey.kill())
    await valetkey.ready()
    balancer.targets.push(Number(new URL(valetkey.url).port))
    return { valetkey, link }
  }

  const members = await Promise.all([startMember(), startMember(), startMember()])
  return { publicUrl, provider, upstream, balancer, members }
}
