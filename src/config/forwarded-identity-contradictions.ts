import type { Finding } from './config-error.js'
import type { RouteDraft } from './draft.js'

/** What HTTP, browsers or Valetkey itself say by these, no claim can. */
const takenNames =
  /^(accept.*|access-control-.*|age|alt-svc|authorization|cache-control|connection|content-.*|clear-site-data|cookie.*|date|dpop|etag|expect|forwarded|host|http2-settings|if-.*|keep-alive|last-modified|link|location|max-forwards|origin|pragma|proxy-.*|range|referer|sec-.*|set-cookie|te|trace(parent|state)|trailer|transfer-encoding|upgrade.*|user-agent|vary|via|www-authenticate|x-(forwarded-(access-token|for|host|port|prefix|proto)|http-method.*|method-override|original-.*|real-ip|request-id|valetkey-.*))$/

/** What cannot be meant of how a route tells who somebody is. */
export function* forwardedIdentityContradictions(
  { forward }: RouteDraft,
  at: (...keys: (string | number)[]) => (string | number)[],
): Generator<Finding> {
  const { headers, basicAuth, accessToken, clientAuthorization } = forward ?? {}
  const known = new Set<string>()
  for (const name of Object.keys(headers ?? {})) {
    const path = at('forward', 'headers', name)
    const plain = name.toLowerCase().replaceAll('_', '-')
    if (!/^[a-z][a-z0-9-]*$/.test(plain)) {
      yield { path, message: 'is no header name; write letters, digits, - and _: X-Department' }
    } else if (takenNames.test(plain)) {
      yield { path, message: 'means something else already; choose another name: X-Department' }
    } else if (known.has(plain)) {
      yield { path, message: 'is there twice: to many applications - and _ are the same' }
    }
    known.add(plain)
  }

  if (basicAuth === undefined) return
  if (accessToken === 'bearer') {
    yield {
      path: at('forward', 'basicAuth'),
      message:
        'needs the Authorization header for itself; write accessToken: none, or header where the application reads it',
    }
  }
  if (clientAuthorization === 'pass') {
    yield {
      path: at('forward', 'clientAuthorization'),
      message: 'would let clients choose a user of their own, with basicAuth; leave it out',
    }
  }
  const { password } = basicAuth
  if (password !== undefined && /\p{Cc}/u.test(password)) {
    yield {
      path: at('forward', 'basicAuth', 'password'),
      message: 'has a control character, which RFC 7617 does not allow',
    }
  }
}
