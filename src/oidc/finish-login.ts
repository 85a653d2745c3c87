import { authorizationCodeGrant } from 'openid-client'
import { isTemplate } from '../config/issuer-template.js'
import type { Identity, Tokens } from '../session/session.js'
import { dpopKeyFor } from './dpop.js'
import { OidcError } from './errors.js'
import { withGroupsLeftOut } from './groups-left-out.js'
import { validateLoginClaims, validateRequiredClaims, verifyIdToken } from './id-token.js'
import { identityFrom } from './identity-from.js'
import { askedLogin, type LoginDemand, type LoginTransaction } from './login-request.js'
import { validateLoginResponse } from './login-response.js'
import type { Provider } from './provider.js'
import { resourceParameters } from './resource-parameters.js'
import { expectsResponseToken, openResponseToken } from './response-token.js'
import { stopwatch } from './stopwatch.js'
import { grantTokens } from './token-grant.js'
import { tokensFrom } from './token-response.js'
import { withUserinfo } from './userinfo.js'

/** What a successful login brings. */
export interface SignIn {
  readonly identity: Identity
  readonly tokens: Tokens
}

/** Takes an authorization response through to a verified identity. Throws OidcError. */
export async function finishLogin(
  provider: Provider,
  options: {
    readonly redirectUri: string
    readonly parameters: URLSearchParams
    readonly transaction: LoginTransaction
    readonly stepUp?: LoginDemand | undefined
    readonly now: number
  },
): Promise<SignIn> {
  const { config } = provider
  const { redirectUri, transaction, stepUp, now } = options
  const elapsedMs = stopwatch()
  const metadata = await provider.metadata()
  const parameters = expectsResponseToken(config)
    ? await openResponseToken(provider, metadata, options.parameters, now)
    : options.parameters
  validateLoginResponse(parameters, transaction, config, metadata)
  const dpopKey = dpopKeyFor(transaction, metadata)
  const callbackUrl = new URL(redirectUri)
  callbackUrl.search = parameters.toString()
  // openid-client would look for the template itself in "iss".
  const hidesIdToken = isTemplate(metadata.issuer)
  const { response, verified } = await grantTokens(
    { open: provider.open, metadata, dpopKey, hidesIdToken },
    (configuration, sending) => {
      const checks = {
        expectedState: transaction.state,
        pkceCodeVerifier: transaction.codeVerifier,
        ...(hidesIdToken ? {} : { expectedNonce: transaction.nonce, idTokenExpected: true }),
      }
      const resources = resourceParameters(config)
      return authorizationCodeGrant(configuration, callbackUrl, checks, resources, sending)
    },
    async (idToken, accessToken) => {
      if (idToken === undefined) {
        throw new OidcError('ERR_ID_TOKEN_MISSING', 'the token response has no ID token')
      }
      const verifiedAt = now + elapsedMs()
      const rules = provider.idTokenRules(metadata)
      const claims = await verifyIdToken(idToken, accessToken, rules, verifiedAt)
      const sent = { ...askedLogin(config, stepUp), clockToleranceMs: config.clockTolerance }
      validateLoginClaims(claims, transaction.nonce, sent, verifiedAt)
      validateRequiredClaims(claims.all, config.requiredClaims)
      return { idToken, claims }
    },
  )
  const { sub, all } = verified.claims
  const tokens = tokensFrom(response, {
    idToken: verified.idToken,
    dpopKey,
    defaultLifetimeMs: config.defaultAccessTokenLifetime,
    now,
  })
  const merged = await withUserinfo(provider, metadata, tokens, verified.claims)
  const claims = await withGroupsLeftOut(provider, merged ?? all, tokens)
  return { identity: identityFrom(provider, sub, claims), tokens }
}
