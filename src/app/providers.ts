import type { Logger } from 'pino'
import { neededClaims } from '../config/needed-claims.js'
import type { Config, ProviderConfig } from '../config/schema.js'
import { oversizedIdentityHeaders } from '../identity/identity-headers.js'
import { createRelyingParty, type RelyingParty } from '../oidc/relying-party.js'
import type { Identity } from '../session/session.js'

/** The relying party of each configured provider, by id, in the order of the configuration. */
export type Providers = ReadonlyMap<string, RelyingParty>

export function createProviders(
  config: Config,
  { logger, clock }: { logger: Logger; clock: () => number },
): Providers {
  return new Map(
    config.providers.map((provider) => {
      const needed = neededClaims(config, provider)
      const party = createRelyingParty(provider, {
        neededClaims: needed,
        logger,
        now: clock,
        env: process.env,
      })
      return [provider.id, warnOfOversizedHeaders(party, provider, logger)]
    }),
  )
}

/** Says in the log, for each identity that the provider gives, which headers of it will be left out. */
function warnOfOversizedHeaders(
  party: RelyingParty,
  { groupsClaim }: ProviderConfig,
  logger: Logger,
): RelyingParty {
  function look(identity: Identity) {
    const leftOut = oversizedIdentityHeaders(identity, { groupsClaim })
    if (leftOut.length === 0) return
    logger.warn({ sub: identity.sub, leftOut }, 'identity headers left out for their size')
  }
  return {
    ...party,
    async finishLogin(login) {
      const signIn = await party.finishLogin(login)
      look(signIn.identity)
      return signIn
    },
    async refresh(session, now) {
      const outcome = await party.refresh(session, now)
      if (outcome.kind === 'refreshed' && outcome.identity !== undefined) look(outcome.identity)
      return outcome
    },
    async verifyAccessToken(accessToken, now) {
      const verified = await party.verifyAccessToken(accessToken, now)
      look(verified.identity)
      return verified
    },
  }
}
