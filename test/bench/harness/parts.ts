import { startProvider } from '../../helpers/provider.js'
import type { Parts } from '../contenders/contender.js'
import { startBenchUpstream } from './bench-upstream.js'
import type { Owner } from './owner.js'

/** The provider and the application; access tokens outlast any benchmark. */
export async function startParts(owner: Owner): Promise<Parts> {
  const provider = await startProvider({ accessTokenTtlSeconds: 86_400 })
  owner.teardown(() => provider.stop())
  return { owner, provider, upstream: await startBenchUpstream(owner) }
}
