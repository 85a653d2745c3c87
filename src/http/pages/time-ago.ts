const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

/** How long ago an instant was, in words that need no time zone: "5 minutes ago". */
export function timeAgo(at: number, now: number): string {
  const [unit, unitMs] = units.find(([, ms]) => now - at >= ms) ?? []
  if (unit === undefined) return 'just now'
  // Made where a page needs it: with the first of Intl comes a good deal of its data into memory.
  const words = new Intl.RelativeTimeFormat('en', { numeric: 'always' })
  return words.format(-Math.floor((now - at) / unitMs), unit)
}
