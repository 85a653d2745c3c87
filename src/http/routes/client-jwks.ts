import type { FastifyInstance } from 'fastify'
import { queryOf, type EndpointContext, withHead } from '../endpoint-context.js'

/**
 * `GET /client-jwks?provider=`: the public keys with which Valetkey signs as the client of a provider (RFC 7517 §5), for
 * that provider to fetch as the client's `jwks_uri`. They are apart from those of `/jwks`: whoever believes an identity
 * assertion must not believe a client assertion, or the other way round.
 */
export function registerClientJwks(
  scope: FastifyInstance,
  { paths, answers, providers }: EndpointContext,
): void {
  scope.get(paths.clientJwks, withHead, async (request, reply) => {
    const chosen = queryOf(request).get('provider')
    const only = providers.size === 1 ? [...providers.values()][0] : undefined
    const provider = chosen === null ? only : providers.get(chosen)
    const jwks = await provider?.clientJwks()
    if (jwks === undefined) return answers.problem(request, reply, 'ERR_ROUTE_NOT_FOUND')
    return answers.json(reply, 'CLIENT_JWKS', jwks, {
      contentType: 'application/jwk-set+json',
      // Long enough to spare the fetch, short enough for a rotation to be noticed.
      cacheControl: 'public, max-age=300',
    })
  })
}
