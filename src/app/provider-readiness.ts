import type { Unreadiness } from '../admin/admin.js'
import type { Providers } from './providers.js'

/**
 * Which providers nobody can sign in with yet. While there is one with which people can, requests are taken,
 * and the others are told as warnings: a pod that is left out helps nobody.
 */
export function providerReadiness(providers: Providers): {
  readonly reasons: readonly Unreadiness[]
  readonly warnings: readonly Unreadiness[]
} {
  const missing: Unreadiness[] = []
  for (const { id, readiness } of providers.values()) {
    const state = readiness()
    if (!state.ready) missing.push({ component: `provider ${id}`, reason: state.reason })
  }
  return missing.length === providers.size
    ? { reasons: missing, warnings: [] }
    : { reasons: [], warnings: missing }
}
