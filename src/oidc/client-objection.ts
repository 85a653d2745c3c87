/**
 * What openid-client found wrong, in its own fixed words. Its errors carry whole response bodies, with
 * tokens in them, so that they are never kept as the cause of ours.
 */
export function objectionOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no reason known'
  const { cause } = error
  return cause instanceof Error && String(Reflect.get(cause, 'code')).startsWith('OAUTH_')
    ? cause.message
    : error.message
}
