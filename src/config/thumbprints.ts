import { hash, type X509Certificate } from 'node:crypto'

/** What names a public key by itself, base64url (RFC 7638). Private members do not count. */
export function jwkThumbprint({ crv, e, kty, n, x, y }: Readonly<Record<string, unknown>>): string {
  // §3: these members only, in this order; those that a type has not are left out.
  return hash('sha256', JSON.stringify({ crv, e, kty, n, x, y }), 'base64url')
}

/** `x5t#S256` (RFC 7515 §4.1.8). */
export function certificateThumbprint({ raw }: X509Certificate): string {
  return hash('sha256', raw, 'base64url')
}
