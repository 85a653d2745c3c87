import type { Finding } from './config-error.js'
import type { Draft, RouteDraft } from './draft.js'

/** What cannot be meant in the `bearer` of a route. */
export function* bearerContradictions(
  { auth, bearer, providers: taken = [] }: RouteDraft,
  providers: Draft['providers'],
  at: (...keys: (string | number)[]) => (string | number)[],
): Generator<Finding> {
  if (!bearer) return
  if (auth === 'public') {
    yield {
      path: at('bearer'),
      message: 'has no effect with auth: public, which lets everybody in; remove one of them',
    }
  }
  const known = (providers ?? []).flatMap((provider) => provider ?? [])
  const named = bearer.provider
  const counting = known.filter(({ id }) => named === undefined || id === named)
  if (named !== undefined && counting.length === 0 && known.every(({ id }) => id !== undefined)) {
    const ids = known.map(({ id }) => id).join(', ')
    yield {
      path: at('bearer', 'provider'),
      message: `"${named}" is the id of no provider; these are configured: ${ids}`,
    }
  }
  const introspecting = counting.flatMap(({ id, accessTokenVerification }) =>
    accessTokenVerification === undefined || accessTokenVerification === 'jwt' ? [] : [id],
  )
  if (introspecting.length > 1) {
    yield {
      path: at('bearer', 'provider'),
      message: `is missing: an opaque token names no issuer, and is shown to one provider only; name one of ${introspecting.join(', ')}`,
    }
  }
  const foreign = introspecting.find((id) => id !== undefined && !taken.includes(id))
  // With one provider alone, its tokens alone are looked at.
  if (named === undefined && taken.length > 1 && foreign !== undefined) {
    yield {
      path: at('bearer', 'provider'),
      message: `is missing: opaque tokens would be shown to "${foreign}", of which the route takes nobody; name one of ${taken.join(', ')}`,
    }
  }
  const lax = counting.filter(({ accessTokenType }) => accessTokenType === 'lax')
  const laxIssuers = new Set(lax.map(({ issuer }) => issuer))
  for (const [index, audience] of (bearer.audiences ?? []).entries()) {
    const client = known.find(
      ({ issuer, clientId }) => laxIssuers.has(issuer) && clientId === audience,
    )
    if (client === undefined) continue
    yield {
      path: at('bearer', 'audiences', index),
      message: `is the clientId of ${client.id === undefined ? 'a provider' : `provider "${client.id}"`}, so that with accessTokenType: lax its ID tokens would look like access tokens; give the API an audience of its own`,
    }
  }
}
