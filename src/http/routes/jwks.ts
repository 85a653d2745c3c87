import type { FastifyInstance } from 'fastify'
import type { EndpointContext } from '../endpoint-context.js'

/** `GET /jwks`: the public keys of the identity assertion (RFC 7517 §5), for anybody. */
export function registerJwks(
  scope: FastifyInstance,
  { paths, answers, jwks }: EndpointContext,
): void {
  scope.get(paths.jwks, (_request, reply) =>
    answers.json(reply, 'JWKS', jwks(), {
      contentType: 'application/jwk-set+json',
      // Long enough to spare the fetch, short enough for a rotation to be noticed.
      cacheControl: 'public, max-age=300',
    }),
  )
}
