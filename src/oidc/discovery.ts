import { OidcError } from './errors.js'
import type { Logger } from './logger.js'
import type { ProviderMetadata } from './provider-metadata.js'

/** Keeps the provider's metadata: fetches it, retries, and looks for changes now and then. */
export interface Discovery {
  /** The last good metadata. */
  current(): ProviderMetadata | undefined
  /** Why the last attempt failed; undefined before the first and after a good one. */
  lastFailure(): string | undefined
  /** The last good metadata, else what an attempt made now brings; throws OidcError. */
  available(): Promise<ProviderMetadata>
  /** Fetches now, together with an attempt under way; throws OidcError and keeps what there was. */
  refresh(): Promise<ProviderMetadata>
  /** Begins to fetch in the background, for good. */
  start(): void
  stop(): void
}

const firstRetryMs = 500
const longestRetryMs = 30_000

/** `load` fetches and checks the metadata; it throws OidcError, also for that of another issuer. */
export function createDiscovery(options: {
  readonly load: () => Promise<ProviderMetadata>
  readonly issuer: string
  readonly logger: Logger
  readonly refreshIntervalMs: number
}): Discovery {
  const { load, issuer, logger, refreshIntervalMs } = options
  let metadata: ProviderMetadata | undefined
  let failure: string | undefined
  let failures = 0
  let pending: Promise<ProviderMetadata> | undefined
  let timer: NodeJS.Timeout | undefined
  let running = false

  async function attempt(): Promise<ProviderMetadata> {
    try {
      const loaded = await load()
      if (failures > 0 || metadata === undefined) logger.info({ issuer }, 'provider discovered')
      metadata = loaded
      failure = undefined
      failures = 0
      return loaded
    } catch (error) {
      failures += 1
      failure = error instanceof OidcError ? `${error.code}: ${error.message}` : String(error)
      if (running) logger.warn({ issuer, err: error, failures }, 'provider discovery failed')
      throw error
    } finally {
      pending = undefined
      schedule()
    }
  }

  function refresh(): Promise<ProviderMetadata> {
    pending ??= attempt()
    return pending
  }

  function schedule(): void {
    clearTimeout(timer)
    if (!running) return
    const delayMs = failures === 0 ? refreshIntervalMs : retryDelayMs(failures, Math.random())
    // Its failure is known from `attempt` by then.
    timer = setTimeout(() => void refresh().catch(() => undefined), delayMs).unref()
  }

  return {
    current: () => metadata,
    lastFailure: () => failure,
    available: async () => metadata ?? refresh(),
    refresh,
    start() {
      if (running) return
      running = true
      refresh().catch(() => undefined)
    },
    stop() {
      running = false
      clearTimeout(timer)
    },
  }
}

/** Doubles from half a second to half a minute, less up to a half by `chance` (0 to 1). */
export function retryDelayMs(failures: number, chance: number): number {
  const fullMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(failures - 1, 16))
  return fullMs * (1 - chance / 2)
}
