import type { Test } from 'tap'
import type { ProviderConfig } from '../../src/config/schema.js'
import type { SignIn } from '../../src/oidc/finish-login.js'
import { createRelyingParty } from '../../src/oidc/relying-party.js'
import type { SessionRecord } from '../../src/session/session.js'
import { startHostileProvider } from '../helpers/hostile-provider.js'
import { providerConfig } from '../helpers/provider-config.js'

export const redirectUri = 'http://127.0.0.1:9/oauth2/callback'

/** A hostile provider and the relying party that trusts it; userinfo is needed for no claim. */
export async function setUpHostile(
  t: Test,
  settings: Partial<ProviderConfig> = {},
  neededClaims: readonly string[] = [],
) {
  const provider = await startHostileProvider()
  t.teardown(() => provider.stop())
  const warnings: string[] = []
  const party = createRelyingParty(providerConfig({ issuer: provider.issuer, ...settings }), {
    neededClaims,
    logger: { info() {}, warn: (_fields, message) => warnings.push(message) },
  })
  t.teardown(() => party.stop())

  async function begin() {
    const now = Date.now()
    const { url, transaction } = await party.beginLogin({ redirectUri, now })
    return { redirectUri, parameters: provider.authorize(url), transaction, now, url }
  }
  const logIn = async (): Promise<SignIn> => party.finishLogin(await begin())
  const session = async (): Promise<SessionRecord> => sessionOf(await logIn())
  return { provider, party, warnings, begin, logIn, session }
}

/** The session that a sign-in begins. */
export function sessionOf({ identity, tokens }: SignIn): SessionRecord {
  const createdAt = tokens.accessTokenIssuedAt
  return { schema: 1, identity, tokens, createdAt, endsAt: createdAt + 3_600_000 }
}
