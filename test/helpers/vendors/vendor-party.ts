import type { Test } from 'tap'
import { stringify } from 'yaml'
import { decide } from '../../../src/access/decide.js'
import { createRuleOptions } from '../../../src/access/rule-options.js'
import { compileRoutes } from '../../../src/access/route-table.js'
import { neededClaims } from '../../../src/config/needed-claims.js'
import type { VendorName } from '../../../src/config/vendors/names.js'
import { createBearerTokens } from '../../../src/oidc/bearer-tokens.js'
import type { SignIn } from '../../../src/oidc/finish-login.js'
import { createRelyingParty } from '../../../src/oidc/relying-party.js'
import type { Identity } from '../../../src/session/session.js'
import { redirectUri, sessionOf } from '../../oidc/hostile-login.js'
import { loadText } from '../config-fixtures.js'
import {
  forgeToken,
  type HostileProvider,
  signingKey,
  startHostileProvider,
} from '../hostile-provider.js'

/** Has the double behave like the provider of a vendor; gives the issuer. */
export type Behave = (provider: HostileProvider) => string

export interface VendorOptions {
  /** Settings of the provider over what the profile has. */
  readonly settings?: Record<string, unknown>
  /** What the only route requires. */
  readonly require?: Record<string, unknown>
  /** Null leaves it to the issuer to tell. */
  readonly vendor?: null
}

/** What Valetkey does with a provider, from the configuration as people write it. */
export async function setUpVendor(
  t: Test,
  vendor: VendorName,
  behave: Behave,
  { settings = {}, require, vendor: named }: VendorOptions = {},
) {
  const provider = await startHostileProvider()
  t.teardown(() => provider.stop())
  const issuer = behave(provider)
  const config = loadText(
    stringify({
      publicUrl: 'https://app.example.com',
      providers: [
        {
          issuer,
          ...(named === null ? {} : { vendor }),
          clientId: 'app',
          clientSecret: 'secret',
          ...settings,
        },
      ],
      routes: [{ upstream: 'http://app', ...(require === undefined ? {} : { require }) }],
    }),
  )
  const [settled] = config.providers
  if (settled === undefined) throw new Error('no provider')
  const logged: { message: string; fields: object }[] = []
  const party = createRelyingParty(settled, {
    neededClaims: neededClaims(config, settled),
    logger: { info() {}, warn: (fields, message) => logged.push({ fields, message }) },
  })
  t.teardown(() => party.stop())

  async function begin() {
    const now = Date.now()
    const { url, transaction } = await party.beginLogin({ redirectUri, now })
    return { redirectUri, parameters: provider.authorize(url), transaction, now, url }
  }
  const logIn = async (): Promise<SignIn> => party.finishLogin(await begin())

  return {
    provider,
    issuer,
    settings: settled,
    party,
    logged,
    begin,
    logIn,
    session: async () => sessionOf(await logIn()),
    /** The parameters of an authorization request. */
    asked: async () => new URL((await begin()).url).searchParams,
    /** Whether the route lets somebody in. */
    admits(identity: Identity): boolean {
      const [route] = compileRoutes(config.routes, { basePath: config.basePath }).routes
      if (route === undefined) throw new Error('no route')
      const options = createRuleOptions(config.providers)(identity)
      const facts = { method: 'GET', clientAddress: '203.0.113.7' }
      return decide(route, identity, facts, Date.now(), options).kind === 'forward'
    },
    /** The logout request of a session. */
    logoutOf({ identity, tokens }: Pick<SignIn, 'identity' | 'tokens'>): URL | undefined {
      const url = party.endSessionUrl({
        idTokenHint: tokens.idToken,
        postLogoutRedirectUri: 'https://app.example.com/oauth2/signed_out',
        state: 'bye',
        claims: identity.claims,
      })
      return url === undefined ? undefined : new URL(url)
    },
    /** What becomes of an access token that a client presents. */
    present: async (token: string) =>
      createBearerTokens([party]).verify(token, undefined, Date.now()),
    /** An access token in the form of a JWT, signed by the provider. */
    accessToken(claims: Record<string, unknown>, header: Record<string, unknown> = {}): string {
      const issuedAt = Math.floor(Date.now() / 1000)
      const right = { iss: issuer, sub: 'alice', iat: issuedAt, exp: issuedAt + 300 }
      return forgeToken(
        { alg: 'RS256', kid: signingKey.kid, typ: 'JWT', ...header },
        { ...right, ...claims },
        signingKey.privateKey,
      )
    },
  }
}

/** Where the double serves what, in the form of metadata. */
export function endpoints(
  provider: HostileProvider,
  issuer: string,
  paths: Partial<Record<'authorize' | 'token' | 'jwks' | 'userinfo', string>> &
    Record<string, string>,
): void {
  const { authorize = '/authorize', token = '/token', jwks = '/jwks', userinfo, ...others } = paths
  const base = new URL(provider.issuer).origin
  provider.aliases.set(token, '/token').set(jwks, '/jwks')
  if (userinfo !== undefined) provider.aliases.set(userinfo, '/userinfo')
  provider.claims = { ...provider.claims, iss: issuer }
  provider.metadata = {
    issuer,
    authorization_endpoint: base + authorize,
    token_endpoint: base + token,
    jwks_uri: base + jwks,
    ...(userinfo === undefined ? {} : { userinfo_endpoint: base + userinfo }),
    ...Object.fromEntries(Object.entries(others).map(([name, path]) => [name, base + path])),
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
  }
}

/** `invalid_grant` for each refresh, in the vendor's words. */
export function refuseRefresh(provider: HostileProvider, path: string, description: string): void {
  const body = JSON.stringify({ error: 'invalid_grant', error_description: description })
  provider.answers.set(path, { status: 400, body })
}
