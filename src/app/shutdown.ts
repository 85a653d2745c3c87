/** What ends a process, as `process` reports it. */
export interface SignalSource {
  on(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown
}

export interface ShutdownOptions {
  readonly signals: SignalSource
  /** Turns readiness off, so that no balancer sends new requests. */
  onDraining(): void
  /** How long balancers may take to notice, while requests are still served. */
  readonly waitMs: number
  /** How long `close` may take. */
  readonly drainMs: number
  /** Stops accepting, lets requests under way finish, then lets go of everything else. */
  close(): Promise<void>
  exit(code: number): void
  readonly logger: {
    info(fields: object, message: string): void
    error(fields: object, message: string): void
  }
}

const signalNumbers = { SIGTERM: 15, SIGINT: 2 } as const

/**
 * Ends the process decently on SIGTERM: readiness off, wait, close, exit 0. SIGINT does the same without
 * the wait, as a person at a terminal has no balancer. A second signal exits at once with 128 plus its
 * number; what does not close in time, or not at all, exits with 1.
 */
export function installShutdown(options: ShutdownOptions): void {
  const { logger } = options
  let draining = false

  async function shutDown(waitMs: number): Promise<void> {
    options.onDraining()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    const deadline = setTimeout(() => {
      logger.error({ drainMs: options.drainMs }, 'requests under way did not finish in time')
      options.exit(1)
    }, options.drainMs)
    try {
      await options.close()
      logger.info({}, 'closed')
      options.exit(0)
    } catch (error) {
      logger.error({ err: error }, 'closing failed')
      options.exit(1)
    } finally {
      clearTimeout(deadline)
    }
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    options.signals.on(signal, () => {
      if (draining) {
        logger.info({ signal }, 'second signal, exiting at once')
        options.exit(128 + signalNumbers[signal])
        return
      }
      draining = true
      logger.info({ signal }, 'shutting down')
      void shutDown(signal === 'SIGINT' ? 0 : options.waitMs)
    })
  }
}
