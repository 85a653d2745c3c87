const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

const words = new Intl.RelativeTimeFormat('en', { numeric: 'always' })

/** How long ago an instant was, in words that need no time zone: "5 minutes ago". */
export function timeAgo(at: number, now: number): string {
  const [unit, unitMs] = units.find(([, ms]) => now - at >= ms) ?? []
  if (unit === undefined) return 'just now'
  return words.format(-Math.floor((now - at) / unitMs), unit)
}
