import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisServer } from './redis-server.js'

/**
 * Kills a primary at a moment at which its replica knows all that it ever answered: what is not
 * replicated would be lost for good, and nobody could do anything about it.
 */
export async function killReplicated(primary: RedisServer, replica: RedisServer): Promise<void> {
  await primary.client().call('CLIENT', 'PAUSE', '60000', 'WRITE')
  const written = await offsetOf(primary, 'master_repl_offset')
  await until(async () => (await offsetOf(replica, 'slave_repl_offset')) >= written)
  await primary.kill()
}

/** Resolves when a server takes writes to that key: the moment from which Redis is back. */
export async function untilWritable(server: RedisServer, key: string): Promise<void> {
  const client = server.client()
  await until(() =>
    client.set(key, 'x', 'PX', 1000).then(
      () => true,
      () => false,
    ),
  )
}

async function offsetOf(server: RedisServer, field: string): Promise<number> {
  const info = await server.client().info('replication')
  const offset = new RegExp(`^${field}:(\\d+)`, 'm').exec(info)?.[1]
  return offset === undefined ? Number.NaN : Number(offset)
}

/** There is no event to await: Redis tells of neither. */
async function until(isSo: () => Promise<boolean>) {
  const endsAt = Date.now() + 30_000
  while (!(await isSo())) {
    if (Date.now() > endsAt) throw new Error('no replica took over')
    await sleep(10)
  }
}
