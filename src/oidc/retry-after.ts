const longestMs = 3_600_000

/** Reads a Retry-After header (RFC 9110 §10.2.3) as milliseconds from `now`, at most an hour. */
export function parseRetryAfterMs(value: string | null, now: number): number | undefined {
  if (value === null) return undefined
  const waitMs = /^[0-9]+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), longestMs)
}
