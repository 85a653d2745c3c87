import type { FastifyInstance } from 'fastify'
import { type EndpointContext, withHead } from '../endpoint-context.js'

/** `GET /jwks`: the public keys of the identity assertion (RFC 7517 §5), for anybody. */
export function registerJwks(
  scope: FastifyInstance,
  { paths, answers, jwks, clock }: EndpointContext,
): void {
  scope.get(paths.jwks, withHead, (_request, reply) => {
    const { keys, maxAgeSeconds } = jwks(clock())
    return answers.json(
      reply,
      'JWKS',
      { keys },
      {
        contentType: 'application/jwk-set+json',
        cacheControl: `public, max-age=${maxAgeSeconds}`,
      },
    )
  })
}
