import type { Logger } from 'pino'
import type { Check } from '../http/check.js'

/** Envoy's authorization service on its own listener. */
export interface ExtAuthz {
  listen(): Promise<void>
  close(): Promise<void>
}

/** Creates it where an address is configured; its libraries take 0.2 s to load, which nobody else need wait. */
export async function createExtAuthz(
  address: string | undefined,
  { createCheck, logger }: { readonly createCheck: () => Check; readonly logger: Logger },
): Promise<ExtAuthz | undefined> {
  if (address === undefined) return undefined
  const { createCheckServer } = await import('../grpc/check-server.js')
  const server = createCheckServer({ check: createCheck(), logger })
  return {
    async listen() {
      const bound = await server.listen(address)
      logger.info({ address: bound }, 'listening for checks over gRPC')
    },
    close: server.close,
  }
}
