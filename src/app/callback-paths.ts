import type { Config } from '../config/schema.js'
import type { Paths } from '../http/paths.js'

/**
 * The path of each provider's redirect URI. Several providers never share one, so that a provider cannot pass
 * the answer of another off as its own (RFC 9700 §4.4.2.2), whether or not they send `iss`.
 */
export function createCallbackPaths(
  { providers }: Config,
  paths: Paths,
): (providerId: string) => string {
  const isOnly = providers.length === 1
  const plain = providers.find(({ plainCallback }) => isOnly || plainCallback)
  return (providerId) => (providerId === plain?.id ? paths.callback : paths.callbackOf(providerId))
}
