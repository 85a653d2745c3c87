/**
 * The state that an authorization response claims to have; empty when it has none, or several. That within a
 * JWT (JARM) counts before one in the clear. Nothing is verified: it only finds the login that this browser
 * has begun, and the provider of that login then tells whether the response is its.
 */
export function stateIn(parameters: URLSearchParams): string {
  return stateClaimed(onlyOne(parameters, 'response')) || onlyOne(parameters, 'state')
}

function onlyOne(parameters: URLSearchParams, name: string): string {
  const [value = '', ...others] = parameters.getAll(name)
  return others.length === 0 ? value : ''
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
