/** Fields that change how a message is read and so never come in behind it (RFC 9110 §6.5.1). */
export const neverInTrailers: ReadonlySet<string> = new Set([
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'host',
  'location',
  'set-cookie',
  'trailer',
  'vary',
  'www-authenticate',
])
