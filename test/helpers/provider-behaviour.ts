import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto'
import {
  errors,
  interactionPolicy,
  type Configuration,
  type JWK,
  type KoaContextWithOIDC,
} from 'oidc-provider'
import { mtlsAliases, mtlsFeature, mtlsMethods } from './provider-mtls.js'
import type { TestProviderOptions } from './provider-options.js'
import { logoutPage, page, stringOf } from './provider-pages.js'
import { tokenExchangeGrant } from './token-exchange-grant.js'

export const clientId = 'app'
export const clientSecret = 'client secret with :%+ and more'

/** What a TestProvider works with besides its options. */
export interface ProviderParts {
  readonly signingKey: { readonly kid: string; readonly privateKey: KeyObject }
  /** Where it listens with TLS, if it does. */
  readonly tlsUrl: string | undefined
  readonly people: ReadonlyMap<string, Record<string, unknown>>
  /** Whether people are asked to sign in anew for one of `acr_values`. */
  readonly honoursAcrValues: () => boolean
}

/** How oidc-provider has to be configured to do what the options say. */
export function providerBehaviour(
  options: TestProviderOptions,
  { signingKey, tlsUrl, people, honoursAcrValues }: ProviderParts,
): Configuration {
  const { accessTokenTtlSeconds = 300, idTokenTtlSeconds = 300 } = options
  const introspects = (options.introspection ?? false) !== false
  return {
    ...(tlsUrl !== undefined && { discovery: mtlsAliases(tlsUrl), clientAuthMethods: mtlsMethods }),
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        // The real lists are sets of the running provider; registration wants one entry.
        redirect_uris: ['http://127.0.0.1/callback'],
        grant_types: [
          'authorization_code',
          'refresh_token',
          ...(options.exchangedTokenTtlSeconds === undefined ? [] : [tokenExchangeGrant]),
        ],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_basic',
        ...(options.introspection === 'signed' && { introspection_signed_response_alg: 'RS256' }),
        ...options.client,
      },
      ...[options.secondClientId ?? []].flat().map((id) => ({
        client_id: id,
        client_secret: clientSecret,
        redirect_uris: ['http://127.0.0.1/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code' as const],
      })),
    ],
    jwks: {
      keys: [
        {
          ...signingKey.privateKey.export({ format: 'jwk' }),
          use: 'sig',
          alg: 'RS256',
          kid: signingKey.kid,
        },
        ...(options.fapi === true ? [createFapiKey()] : []),
      ],
    },
    cookies: { keys: ['a key for the cookies of the test provider'] },
    conformIdTokenClaims: options.thinIdToken ?? false,
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['name', 'preferred_username', 'groups', 'roles'],
    },
    acrValues: ['pwd', 'mfa'],
    features: {
      devInteractions: { enabled: false },
      mTLS: tlsUrl !== undefined ? mtlsFeature : { enabled: false },
      backchannelLogout: { enabled: true },
      revocation: { enabled: options.revocation ?? false },
      requestObjects: {
        enabled: options.signedRequests !== undefined,
        requireSignedRequestObject: options.signedRequests === 'required',
      },
      jwtResponseModes: { enabled: options.responseTokens ?? false },
      claimsParameter: { enabled: options.claimsParameter ?? false },
      pushedAuthorizationRequests: {
        enabled: options.pushedRequests !== undefined,
        requirePushedAuthorizationRequests: options.pushedRequests === 'required',
      },
      fapi: { enabled: options.fapi ?? false, profile: '2.0' },
      dPoP: {
        enabled: options.dpop !== undefined,
        nonceSecret: randomBytes(32),
        requireNonce: () => options.dpop === 'nonces',
      },
      clientCredentials: { enabled: options.apis !== undefined },
      introspection: {
        enabled: introspects,
        allowedPolicy: async (_ctx, client) => client.clientId === clientId,
      },
      jwtIntrospection: { enabled: options.introspection === 'signed' },
      resourceIndicators: {
        enabled: options.apis !== undefined,
        getResourceServerInfo(_ctx, resource) {
          if (options.apis?.includes(resource) === true) return apiOf(resource, options)
          throw new errors.InvalidTarget()
        },
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource(ctx, form) {
          ctx.body = logoutPage(form)
        },
        postLogoutSuccessSource(ctx) {
          ctx.body = page('Signed out', '<p>You are signed out at the provider.</p>')
        },
      },
    },
    // Its own refuses loopback, where Valetkey is.
    fetch: (url, { method = 'GET', headers = {}, body = null, redirect = 'manual' } = {}) =>
      fetch(url, { method, headers, body, redirect }),
    interactions: {
      url: (_ctx, interaction) => `/interaction/${interaction.uid}`,
      policy: policyWith((context) => honoursAcrValues() && lacksAcr(context)),
    },
    ttl: {
      AccessToken: accessTokenTtlSeconds,
      IdToken: idTokenTtlSeconds,
      AuthorizationCode: 60,
      RefreshToken: 24 * 3600,
      Grant: 24 * 3600,
      Interaction: 3600,
      Session: 24 * 3600,
    },
    extraTokenClaims: (_ctx, token) =>
      token.kind === 'AccessToken' && token.resourceServer !== undefined
        ? people.get(token.accountId)
        : undefined,
    rotateRefreshToken: options.rotateRefreshTokens ?? true,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: async () => false,
    findAccount: async (_ctx, sub) => {
      const claims = people.get(sub)
      return claims && { accountId: sub, claims: async () => ({ ...claims, sub }) }
    },
    // Consent is given in advance for whatever is asked.
    loadExistingGrant: async (ctx) => {
      const { client, session, params } = ctx.oidc
      if (!client || !session?.accountId) return undefined
      const known = session.grantIdFor(client.clientId)
      const found = known === undefined ? undefined : await ctx.oidc.provider.Grant.find(known)
      const grant =
        found ??
        new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId })
      grant.addOIDCScope(stringOf(params, 'scope'))
      grant.addOIDCClaims([...ctx.oidc.requestParamClaims])
      await grant.save()
      return grant
    },
    renderError: (ctx, out) => {
      ctx.type = 'text/plain'
      ctx.body = `${out.error}: ${out.error_description ?? ''}`
    },
  }
}

function createFapiKey(): JWK {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: 'fapi-key' }
}

/** The usual policy, with one reason more to ask for a login. */
function policyWith(asksForLogin: (context: KoaContextWithOIDC) => boolean) {
  const policy = interactionPolicy.base()
  const check = new interactionPolicy.Check('acr_values', 'another login is needed', asksForLogin)
  policy.get('login')?.checks.add(check)
  return policy
}

/** Whether none of `acr_values` is what the person has authenticated with. */
function lacksAcr({ oidc }: KoaContextWithOIDC): boolean {
  const wanted = stringOf(oidc.params, 'acr_values').split(' ').filter(Boolean)
  return wanted.length > 0 && !wanted.includes(oidc.acr ?? '')
}

/** What the provider knows of one of the `apis`; those that it is asked about have opaque tokens. */
export const apiOf = (audience: string, { introspection = false }: TestProviderOptions) => ({
  audience,
  scope: 'read write',
  accessTokenFormat: introspection === false ? ('jwt' as const) : ('opaque' as const),
  jwt: { sign: { alg: 'RS256' as const } },
})
