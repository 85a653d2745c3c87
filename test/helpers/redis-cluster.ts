import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from './free-port.js'
import { startRedis, type RedisServer } from './redis-server.js'

export interface RedisCluster {
  /** Every node as host:port. */
  readonly addresses: readonly string[]
  readonly nodes: readonly RedisServer[]
  /** The node that holds the slot of a key, as the others see it. */
  primaryOf(key: string): Promise<RedisServer>
  /** A node that is a replica of that one, as soon as that one knows of it. */
  replicaOf(primary: RedisServer): Promise<RedisServer>
  /** Runs redis-cli against the cluster (with -c: where the key is). */
  cli(...args: string[]): Promise<string>
  stop(): Promise<void>
}

const run = promisify(execFile)

async function startNode(args: readonly string[]): Promise<RedisServer> {
  return startRedis({
    // prettier-ignore
    args: [
      '--cluster-enabled', 'yes', '--cluster-port', String(await freePort()),
      '--cluster-node-timeout', '1000', '--cluster-replica-validity-factor', '0',
      '--repl-diskless-sync-delay', '0', ...args,
    ],
  })
}

/** Starts three real primaries, each with `replicas` replicas, and joins them to a cluster. */
export async function startRedisCluster(
  options: { readonly replicas?: 0 | 1; readonly args?: readonly string[] } = {},
): Promise<RedisCluster> {
  const { replicas = 0, args = [] } = options
  const count = 3 * (1 + replicas)
  const nodes = await Promise.all(Array.from({ length: count }, () => startNode(args)))
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
  // prettier-ignore
  await run('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-replicas', String(replicas), '--cluster-yes'])

  const byPort = (port: unknown) => {
    const found = nodes.find((node) => node.port === Number(port))
    if (!found) throw new Error(`no node at port ${String(port)}`)
    return found
  }
  const clients = new Map(nodes.map((node) => [node, node.client()]))
  const clientOf = (node: RedisServer) => clients.get(node) ?? node.client()
  const alive = () => nodes.filter((node) => node.isRunning())
  const slotsOf = async (node = alive()[0]) => (node ? clientOf(node).cluster('SLOTS') : [])
  const cli = async (...command: string[]) => {
    const { stdout } = await run('redis-cli', ['-c', '-p', String(alive()[0]?.port), ...command])
    return stdout.trim()
  }
  const cluster: RedisCluster = {
    addresses,
    nodes,
    async primaryOf(key) {
      const slot = Number(await cli('CLUSTER', 'KEYSLOT', key))
      for (const [first, last, primary] of await slotsOf()) {
        if (first <= slot && slot <= last) return byPort(primary?.[1])
      }
      throw new Error(`no node has slot ${slot}`)
    },
    async replicaOf(primary) {
      let port: unknown
      await allSee([primary], async () => {
        const own = (await slotsOf(primary)).find(([, , holder]) => holder?.[1] === primary.port)
        port = own?.[3]?.[1]
        return port !== undefined
      })
      return byPort(port)
    },
    cli,
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()))
    },
  }
  await allSee(nodes, async (node) => {
    const info = await clientOf(node).cluster('INFO')
    const ranges = await slotsOf(node)
    const isWhole = ranges.every((range) => range.length === 3 + replicas)
    return info.includes('cluster_state:ok') && ranges.length === 3 && isWhole
  })
  return cluster
}

/** There is no event to await: a cluster's nodes hear from one another by gossip. */
async function allSee(nodes: readonly RedisServer[], see: (node: RedisServer) => Promise<boolean>) {
  const endsAt = Date.now() + 20_000
  while (!(await Promise.all(nodes.map(see))).every(Boolean)) {
    if (Date.now() > endsAt) throw new Error('the cluster did not come together')
    await sleep(50)
  }
}
