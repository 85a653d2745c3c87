import { Cluster } from 'ioredis'

/**
 * A cluster client that queues for a single node only, where each command has its deadline: while a
 * connection to it comes up. As long as no node is known at all, every command fails at once.
 */
export class FailFastCluster extends Cluster {
  override sendCommand(...args: Parameters<Cluster['sendCommand']>): unknown {
    const [command] = args
    if (this.status === 'ready' || this.status === 'connect') return super.sendCommand(...args)
    command.reject(new Error('the cluster is not connected'))
    return command.promise
  }
}
