import type { Finding } from './config-error.js'
import type { Draft, RouteDraft } from './draft.js'

/** What cannot be meant in the `providers` of a route. */
export function* routeProviderContradictions(
  { auth, bearer, providers: named }: RouteDraft,
  configured: Draft['providers'],
  at: (...keys: (string | number)[]) => (string | number)[],
): Generator<Finding> {
  if (!named) return
  if (auth === 'public') {
    yield {
      path: at('providers'),
      message: 'has no effect with auth: public, which lets everybody in; remove one of them',
    }
  }
  const known = (configured ?? []).map((provider) => provider?.id)
  for (const [index, id] of named.entries()) {
    if (id === undefined || known.includes(id) || known.includes(undefined)) continue
    yield {
      path: at('providers', index),
      message: `"${id}" is the id of no provider; these are configured: ${known.join(', ')}`,
    }
  }
  const counting = bearer?.provider
  if (counting === undefined || named.includes(counting) || named.includes(undefined)) return
  yield {
    path: at('bearer', 'provider'),
    message: `"${counting}" is not among the providers of the route, so that none of its tokens would get in`,
  }
}
