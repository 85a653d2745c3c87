import type { RuleOptions } from '../../src/access/rules.js'
import type { RouteConfig } from '../../src/config/schema.js'
import type { Identity } from '../../src/session/session.js'

/** A route as the configuration gives it, with the defaults filled in. */
export const routeConfig = (
  match: RouteConfig['match'],
  options: Partial<Pick<RouteConfig, 'auth' | 'require' | 'providers' | 'crossOrigin'>> = {},
): RouteConfig => ({
  match,
  auth: 'required',
  upstream: 'http://127.0.0.1:3000',
  forward: {
    accessToken: 'bearer',
    identityHeaders: true,
    userClaim: 'preferred_username',
    host: 'keep',
    clientAuthorization: 'strip',
  },
  crossOrigin: { origins: [], preflight: 'refuse' },
  keepForms: false,
  timeouts: { connect: 5000, response: 60_000, idle: 300_000 },
  ...options,
})

export const identityOf = (
  claims: Identity['claims'] = {},
  options: Partial<Identity> = {},
): Identity => ({
  providerId: 'corp',
  issuer: 'https://idp.example.com',
  sub: 'alice',
  claims,
  ...options,
})

export const ruleOptions: RuleOptions = {
  groupsClaim: 'groups',
  rolesClaim: 'roles',
  assumeEmailVerified: false,
  isKnown: true,
}

export const requestFacts = { method: 'GET', clientAddress: '203.0.113.7' }
