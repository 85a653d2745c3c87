/**
 * The state that an authorization response claims to have; empty when it has none, or several. Where the
 * response is a JWT (JARM) that one's counts. Nothing is verified: it only finds the login that this browser
 * has begun, and the provider of that login then tells whether the response is its.
 */
export function stateIn(parameters: URLSearchParams): string {
  const [response, ...others] = parameters.getAll('response')
  if (response !== undefined) return others.length > 0 ? '' : stateClaimed(response)
  const states = parameters.getAll('state')
  return states.length === 1 ? (states[0] ?? '') : ''
}

function stateClaimed(token: string): string {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
  try {
    const state: unknown = Reflect.get(Object(JSON.parse(payload)), 'state')
    return typeof state === 'string' ? state : ''
  } catch {
    return ''
  }
}
