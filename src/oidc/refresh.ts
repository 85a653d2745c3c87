import { decodeJwt } from 'jose'
import { refreshTokenGrant } from 'openid-client'
import type { JsonObject } from '../json-object.js'
import type { Refresher, RefreshOutcome } from '../session/refresher.js'
import type { Identity, SessionRecord } from '../session/session.js'
import { dpopKeyFor } from './dpop.js'
import { OidcError } from './errors.js'
import { withGroupsLeftOut } from './groups-left-out.js'
import {
  clockFault,
  validateRefreshedClaims,
  validateRequiredClaims,
  verifyTimelessly,
} from './id-token.js'
import { identityFrom } from './identity-from.js'
import type { Provider } from './provider.js'
import { resourceParameters } from './resource-parameters.js'
import { stopwatch } from './stopwatch.js'
import { grantTokens } from './token-grant.js'
import { tokensFrom } from './token-response.js'
import { withUserinfo } from './userinfo.js'

/**
 * Refreshes with the refresh grant (RFC 6749 §6, Core §12).
 *
 * Once the provider has answered with tokens, the old refresh token may be worthless, so that nothing
 * temporary that follows may lose the new ones: when userinfo or the keys for a new ID token cannot be
 * had, or its times do not fit, the tokens are taken and the identity stays as it was. An ID token or
 * userinfo that contradicts the session ends it.
 */
export function createRefresher(provider: Provider): Refresher {
  return async (session, now) => {
    try {
      return await refresh(provider, session, now)
    } catch (error) {
      return outcomeOf(error)
    }
  }
}

async function refresh(
  provider: Provider,
  session: SessionRecord,
  now: number,
): Promise<RefreshOutcome> {
  const { config, logger } = provider
  const { refreshToken } = session.tokens
  if (refreshToken === undefined) {
    const reason = 'the session has no refresh token'
    return session.tokens.accessTokenExpiresAt > now
      ? { kind: 'unavailable', reason }
      : { kind: 'rejected', reason }
  }
  const elapsedMs = stopwatch()
  const metadata = await provider.metadata()
  const dpopKey = dpopKeyFor(session.tokens, metadata)
  const keptClaims = claimsOf(session.tokens.idToken)
  const notRenewed = (error: unknown) =>
    logger.warn({ issuer: config.issuer, err: error }, 'refreshed without a new identity')
  const keepIdentity = (error: unknown): undefined => {
    if (isContradiction(error)) throw error
    notRenewed(error)
  }
  const { response, verified } = await grantTokens(
    // openid-client would refuse the tokens beside an ID token that is repeated and too old by now.
    { open: provider.open, metadata, dpopKey, hidesIdToken: true },
    (configuration, sending) =>
      refreshTokenGrant(configuration, refreshToken, resourceParameters(config), sending),
    async (idToken, accessToken) => {
      // Some providers repeat the ID token of the login, which by now may be too old to verify.
      if (idToken === undefined || idToken === session.tokens.idToken) return undefined
      const rules = provider.idTokenRules(metadata)
      const fresh = await verifyTimelessly(idToken, accessToken, rules).catch(keepIdentity)
      if (fresh === undefined) return undefined
      validateRefreshedClaims(fresh, session.identity.sub, keptClaims)
      validateRequiredClaims({ ...keptClaims, ...fresh.all }, config.requiredClaims)
      const untimely = clockFault(fresh, rules, now + elapsedMs())
      if (untimely === undefined) return { idToken, claims: fresh.all }
      // A replica whose clock is wrong must not end the sessions of everybody.
      notRenewed(untimely)
      return undefined
    },
  )
  const tokens = tokensFrom(response, {
    idToken: verified?.idToken ?? session.tokens.idToken,
    previous: session.tokens,
    dpopKey,
    defaultLifetimeMs: config.defaultAccessTokenLifetime,
    now,
  })
  const all = verified?.claims ?? keptClaims ?? {}
  const { sub, sid, authenticatedAt } = session.identity
  const claims = await withUserinfo(provider, metadata, tokens, { sub, all })
    .then((merged) => merged ?? verified?.claims)
    .then((told) => told && withGroupsLeftOut(provider, told, tokens))
    .catch(keepIdentity)
  if (claims === undefined) return { kind: 'refreshed', tokens }
  const identity: Identity = {
    // What the login said of itself stays true when a refresh leaves it out.
    ...(sid === undefined ? {} : { sid }),
    ...(authenticatedAt === undefined ? {} : { authenticatedAt }),
    ...identityFrom(provider, sub, { ...signInClaims(session.identity.claims), ...claims }),
  }
  return { kind: 'refreshed', tokens, identity }
}

/** How the person authenticated, which the rules of routes look at. */
function signInClaims({ acr, amr }: Identity['claims']): JsonObject {
  return { ...(acr === undefined ? {} : { acr }), ...(amr === undefined ? {} : { amr }) }
}

function outcomeOf(error: unknown): RefreshOutcome {
  if (!(error instanceof OidcError)) {
    return { kind: 'unavailable', reason: 'the refresh failed for an unknown reason' }
  }
  const reason = `${error.code}: ${error.message}`
  if (error.code === 'ERR_CALLBACK_CODE_REJECTED' || isContradiction(error)) {
    return { kind: 'rejected', reason }
  }
  const { retryAfterMs } = error
  return { kind: 'unavailable', reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
}

/** The provider speaks of somebody or something else than the session. */
function isContradiction(error: unknown): boolean {
  if (!(error instanceof OidcError)) return false
  return error.code === 'ERR_PROVIDER_USERINFO_SUBJECT' || error.code.startsWith('ERR_ID_TOKEN_')
}

function claimsOf(idToken: string): JsonObject | undefined {
  try {
    return decodeJwt(idToken)
  } catch {
    return undefined
  }
}
