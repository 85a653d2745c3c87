import { Buffer } from 'node:buffer'

/** JSON in base64url, as the parts of a JWS are written (RFC 7515 §7.1). */
export const encodeJson = (value: object): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url')
