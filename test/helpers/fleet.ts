import type { Test } from 'tap'
import { type Balancer, startBalancer } from './balancer.js'
import { type FaultyTcp, startFaultyTcp } from './faulty-tcp.js'
import { startProvider, type TestProvider, type TestProviderOptions } from './provider.js'
import type { RedisServer } from './redis-server.js'
import { sessionKey } from './stack.js'
import { startUpstream, type Upstream } from './upstream.js'
import { startValetkey, type ValetkeyProcess } from './valetkey.js'

export interface FleetOptions {
  readonly redis: RedisServer
  readonly provider?: TestProviderOptions
  readonly session?: Record<string, unknown>
  readonly providerConfig?: Record<string, unknown>
}

/** One Valetkey process and its own link to Redis, which breaks on demand. */
export interface Member {
  readonly valetkey: ValetkeyProcess
  readonly link: FaultyTcp
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

  async function startMember(): Promise<Member> {
    const link = await startFaultyTcp(options.redis.port)
    t.teardown(() => link.close())
    const valetkey = await startValetkey({
      publicUrl,
      config: {
        providers: [{ id: 'corp', issuer, clientId, clientSecret, ...options.providerConfig }],
        session: {
          store: 'redis',
          redis: { url: link.url },
          keys: [sessionKey],
          ...options.session,
        },
        routes: [{ match: { path: '/' }, upstream: upstream.url }],
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
