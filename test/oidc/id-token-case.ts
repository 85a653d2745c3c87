import type { Test } from 'tap'
import type { ProviderConfig } from '../../src/config/schema.js'
import type { HostileProvider } from '../helpers/hostile-provider.js'
import { setUpHostile } from './hostile-login.js'

/** A login whose ID token is bent in one way. */
export interface Case {
  readonly title: string
  /** The code that the login must fail with; none: it must succeed. */
  readonly code?: string | undefined
  readonly settings?: Partial<ProviderConfig> | undefined
  readonly bend: (provider: HostileProvider) => void
}

/** Claims over the right ones; undefined removes one. */
export function claims(bent: Record<string, unknown>): Case['bend'] {
  return (provider) => {
    provider.claims = bent
  }
}

/** Header parameters over the right ones. */
export function header(bent: Record<string, unknown>): Case['bend'] {
  return (provider) => {
    provider.header = bent
  }
}

export const seconds = () => Math.floor(Date.now() / 1000)

/** Runs one case: whatever is wrong is refused before anything else is asked of the provider. */
export async function runCase(t: Test, { code, settings, bend }: Case): Promise<void> {
  const { provider, logIn } = await setUpHostile(t, settings ?? {})
  bend(provider)
  if (code === undefined) t.match(await logIn(), { identity: { issuer: provider.issuer } })
  else {
    await t.rejects(logIn(), { code })
    t.equal(provider.callsTo('/userinfo'), 0)
    t.equal(provider.callsTo('/forged-jwks') + provider.callsTo('/forged-certificate'), 0)
  }
}
