import { Cluster, type Redis } from 'ioredis'
import type { RedisClient } from './client.js'
import { fetchServerFacts } from './server-facts.js'
import type { ServerWarnings } from './server-warnings.js'

/**
 * Asks the servers about themselves every so often, since an operator may change how they work while
 * connections stay. Returns what ends it.
 */
export function askAgain(
  client: RedisClient,
  warnings: Pick<ServerWarnings, 'renew'>,
  everyMs: number,
): () => void {
  const timer = setInterval(() => {
    for (const [name, server] of serversOf(client)) {
      void fetchServerFacts(server).then(
        (facts) => warnings.renew(name, facts),
        () => {},
      )
    }
  }, everyMs).unref()
  return () => clearInterval(timer)
}

function serversOf(client: RedisClient): [name: string, server: Redis][] {
  if (!(client instanceof Cluster)) return [[theServer, client]]
  return client.nodes('master').map((node) => [`${node.options.host}:${node.options.port}`, node])
}

/** The name of the only server that there is to commands. */
export const theServer = 'the server'
