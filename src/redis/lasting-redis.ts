import { Redis, type RedisOptions } from 'ioredis'

const retryMs = 50

/**
 * A connection that ends only when it is told to. The client gives up for good when a failover is
 * reported by Sentinels while it looks for the primary anyway: then it starts again here.
 */
export class LastingRedis extends Redis {
  private isLetGo = false

  constructor(options: RedisOptions) {
    super({ ...options, replyMapping: 'legacy' })
    this.on('end', () => {
      if (!this.isLetGo) setTimeout(() => this.startAgain(), retryMs)
    })
  }

  override disconnect(reconnect = false): void {
    if (!reconnect) this.isLetGo = true
    super.disconnect(reconnect)
  }

  private startAgain() {
    if (!this.isLetGo && this.status === 'end') this.connect().catch(() => {})
  }
}
