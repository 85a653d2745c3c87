import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort } from './free-port.js'
import { startRedis, type RedisServer } from './redis-server.js'

export interface RedisSentinels {
  readonly name: string
  /** The Sentinels as host:port. */
  readonly nodes: readonly string[]
  readonly servers: readonly RedisServer[]
  /** The server that the Sentinels name. */
  primary(): Promise<RedisServer>
  /** Resolves when they name that server. */
  untilPrimary(server: RedisServer): Promise<void>
  /** Has them name another primary and resolves when they do; the old one goes on as its replica. */
  failover(): Promise<void>
  stop(): Promise<void>
}

const name = 'main'

/** Starts a primary, its replica and three Sentinels: real ones, which notice a death in half a second. */
export async function startRedisSentinels(): Promise<RedisSentinels> {
  const folder = await mkdtemp(join(tmpdir(), 'valetkey-sentinel-'))
  const args = ['--repl-diskless-sync-delay', '0']
  const first = await startRedis({ args })
  const replicaArgs = ['--replicaof', '127.0.0.1', String(first.port)]
  const second = await startRedis({ args: [...args, ...replicaArgs] })
  const servers = [first, second]
  await until(async () => (await second.client().info()).includes('master_link_status:up'))

  const sentinels = await Promise.all(
    ['a', 'b', 'c'].map((id) => startSentinel(join(folder, `${id}.conf`), first.port)),
  )
  const clients = sentinels.map(({ client }) => client)
  const leader = clients[0]
  if (!leader) throw new Error('no Sentinel')
  await until(async () => {
    const seen = await Promise.all(clients.map(describe))
    return seen.every((each) => each['num-other-sentinels'] === '2' && each['num-slaves'] === '1')
  })

  async function primaryPort(): Promise<number> {
    const answer: unknown = await leader?.call('SENTINEL', 'get-master-addr-by-name', name)
    return Array.isArray(answer) ? Number(answer[1]) : 0
  }
  return {
    name,
    nodes: sentinels.map(({ port }) => `127.0.0.1:${port}`),
    servers,
    async primary() {
      const port = await primaryPort()
      const found = servers.find((server) => server.port === port)
      if (!found) throw new Error('the Sentinels name no primary')
      return found
    },
    untilPrimary: ({ port }) => until(async () => (await primaryPort()) === port),
    async failover() {
      const before = await primaryPort()
      await until(() =>
        leader.call('SENTINEL', 'FAILOVER', name).then(
          () => true,
          () => false,
        ),
      )
      await until(async () => (await primaryPort()) !== before)
    },
    async stop() {
      for (const { stop } of sentinels) stop()
      await Promise.all(servers.map((server) => server.stop()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function describe(client: Redis): Promise<Record<string, string>> {
  const answer: unknown = await client.call('SENTINEL', 'MASTER', name)
  const fields = Array.isArray(answer) ? answer.map(String) : []
  return Object.fromEntries(
    fields.flatMap((field, i) => (i % 2 === 0 ? [[field, fields[i + 1] ?? '']] : [])),
  )
}

async function startSentinel(file: string, primaryPort: number) {
  const port = await freePort()
  await writeFile(
    file,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `sentinel monitor ${name} 127.0.0.1 ${primaryPort} 2`,
      `sentinel down-after-milliseconds ${name} 500`,
      `sentinel failover-timeout ${name} 2000`,
    ].join('\n'),
  )
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' })
  const killAtExit = () => child.kill('SIGKILL')
  process.once('exit', killAtExit)
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 20 })
  client.on('error', () => {})
  // Not events.once: the first attempts may fail while the process starts.
  await new Promise<void>((resolve) => client.once('ready', () => resolve()))
  return {
    port,
    client,
    stop() {
      process.off('exit', killAtExit)
      client.disconnect()
      child.kill('SIGKILL')
    },
  }
}

/** There is no event to await: Sentinels find one another and the replicas by and by. */
async function until(isSo: () => Promise<boolean>) {
  const endsAt = Date.now() + 30_000
  while (!(await isSo())) {
    if (Date.now() > endsAt) throw new Error('the Sentinels did not come together')
    await sleep(50)
  }
}
