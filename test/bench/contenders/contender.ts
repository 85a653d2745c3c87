import type { TestProvider } from '../../helpers/provider.js'
import type { RedisServer } from '../../helpers/redis-server.js'
import type { BenchUpstream } from '../harness/bench-upstream.js'
import type { Owner } from '../harness/owner.js'

/** What all contenders share. */
export interface Parts {
  readonly owner: Owner
  readonly upstream: BenchUpstream
  readonly provider: TestProvider
}

/** A proxy under measurement, which somebody has signed in to where it knows sign-ins. */
export interface Contender {
  readonly name: string
  readonly version: string
  readonly url: string
  /** What a request needs to be served. */
  readonly headers: Readonly<Record<string, string>>
  /** The process whose cost counts, with all that descend from it. */
  readonly pid: number
  /** Where it keeps its sessions. */
  readonly redis?: RedisServer
}

/** Starts a contender; gives the reason when what it needs is not there. */
export type StartContender = (parts: Parts) => Promise<Contender | { readonly missing: string }>
