import type { Finding } from './config-error.js'
import type { RouteDraft } from './draft.js'

/** What cannot be meant in the `forward.tokenExchange` of a route. */
export function* tokenExchangeContradictions(
  { auth, forward }: RouteDraft,
  at: (...keys: (string | number)[]) => (string | number)[],
): Generator<Finding> {
  const { tokenExchange: exchange, accessToken } = forward ?? {}
  if (!exchange) return
  const path = at('forward', 'tokenExchange')
  if (auth === 'public') {
    yield { path, message: 'has no effect with auth: public, where nobody has a token; remove one' }
  }
  if (accessToken === 'none') {
    yield { path, message: 'has no effect with accessToken: none; remove one of them' }
  }
  const { audiences, resources, scopes } = exchange
  if (audiences === undefined && resources === undefined && scopes === undefined) {
    yield {
      path,
      message: 'does not say what the token is to be for; name audiences, resources or scopes',
    }
  }
  for (const [index, resource] of (resources ?? []).entries()) {
    if (resource === undefined) continue
    const fault = resourceFault(resource)
    if (fault !== undefined) {
      yield { path: at('forward', 'tokenExchange', 'resources', index), message: fault }
    }
  }
}

/** RFC 8707 §2 */
function resourceFault(resource: string): string | undefined {
  if (!URL.canParse(resource)) return 'is no absolute URL; write it like https://api.example.com/'
  return resource.includes('#') ? 'must have no fragment' : undefined
}
