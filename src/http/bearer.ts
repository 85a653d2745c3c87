import { stepUpChallenge } from '../access/step-up-challenge.js'
import type { StepUp } from '../access/step-up.js'
import type { RouteConfig } from '../config/schema.js'
import { valuesOf } from '../raw-headers.js'
import type { Identity } from '../session/session.js'
import type { SentHeaders } from './arrival.js'

/** A client that is known by the access token that it presents, verified. */
export interface BearerCaller {
  /** Names the token without telling it. */
  readonly key: string
  readonly identity: Identity
  readonly tokens: { readonly accessToken: string }
  readonly audiences: readonly string[]
  readonly scopes: readonly string[]
  /** When the token ends; epoch milliseconds. */
  readonly endsAt: number
}

/** What verifies access tokens, whatever the route. */
export interface BearerTokens {
  verify(
    token: string,
    providerId: string | undefined,
    now: number,
  ): Promise<
    | { readonly kind: 'verified'; readonly token: BearerCaller }
    | { readonly kind: 'refused'; readonly reason: string }
    | {
        readonly kind: 'unavailable'
        readonly reason: string
        readonly retryAfterMs: number | undefined
      }
  >
}

/** Why a client that presents a token is not served, and how to say so (RFC 6750 §3). */
export interface BearerRefusal {
  readonly code:
    | 'ERR_BEARER_REQUEST'
    | 'ERR_BEARER_TOKEN'
    | 'ERR_BEARER_SCOPE'
    | 'ERR_BEARER_AUTHENTICATION'
    | 'ERR_BEARER_UNAVAILABLE'
  /** For the log. */
  readonly reason: string
  /** The parameters of the challenge, besides its realm. */
  readonly challenge?: Readonly<Record<string, string>>
  readonly retryAfterMs?: number | undefined
}

/** The values of all Authorization headers of a request; node itself drops all but the first. */
export function authorizationsOf({ headers, rawHeaders }: SentHeaders): readonly string[] {
  return headers.authorization === undefined ? [] : valuesOf(rawHeaders, 'authorization')
}

/** The scheme as a whole, not the beginning of another one. */
const isBearer = /^bearer(?![\w!#$%&'*+.^`|~-])/i

/**
 * Who presents an access token at a route that takes them. Undefined when nobody presents one: then the
 * session counts. A token that is presented counts alone, good or bad, whatever else the request has.
 */
export async function checkBearer(
  tokens: BearerTokens,
  authorizations: readonly string[],
  { audiences, scopes = [], provider }: NonNullable<RouteConfig['bearer']>,
  now: number,
): Promise<BearerCaller | BearerRefusal | undefined> {
  const [authorization, ...others] = authorizations
  if (others.length > 0) return badRequest('there is more than one Authorization header')
  if (authorization === undefined || !isBearer.test(authorization)) return undefined
  const presented = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization)?.[1]
  if (presented === undefined) return badRequest('the Authorization header holds no token')

  const verdict = await tokens.verify(presented, provider, now)
  if (verdict.kind === 'unavailable') return { ...verdict, code: 'ERR_BEARER_UNAVAILABLE' }
  if (verdict.kind === 'refused') return badToken(verdict.reason)
  const { token } = verdict
  if (!token.audiences.some((audience) => audiences.includes(audience))) {
    const held = JSON.stringify(token.audiences).slice(0, 200)
    return badToken(`"aud" ${held} holds none of the audiences of the route`)
  }
  if (scopes.every((scope) => token.scopes.includes(scope))) return token
  return {
    code: 'ERR_BEARER_SCOPE',
    reason: 'a scope of the route is missing',
    challenge: { error: 'insufficient_scope', scope: scopes.join(' ') },
  }
}

export function isRefusal(result: BearerCaller | BearerRefusal): result is BearerRefusal {
  return 'code' in result
}

/** What a client is told whose person has to authenticate again, in another way or just now. */
export const refusalToStepUp = (stepUp: StepUp): BearerRefusal => ({
  code: 'ERR_BEARER_AUTHENTICATION',
  reason: 'the authentication is not enough, or too long ago',
  challenge: stepUpChallenge(stepUp),
})

const badRequest = (reason: string): BearerRefusal => ({
  code: 'ERR_BEARER_REQUEST',
  reason,
  challenge: { error: 'invalid_request' },
})

const badToken = (reason: string): BearerRefusal => ({
  code: 'ERR_BEARER_TOKEN',
  reason,
  challenge: { error: 'invalid_token' },
})
