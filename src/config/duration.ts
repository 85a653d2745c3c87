const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
type Unit = keyof typeof unitMs

/** What a duration looks like; so short that its milliseconds are always a safe integer. */
export const durationPattern = '^[0-9]{1,8}(ms|s|m|h|d)$'

/** Reads `250ms`, `30s`, `5m`, `8h` or `7d` as milliseconds. Throws a RangeError for anything else. */
export function parseDurationMs(text: string): number {
  if (!new RegExp(durationPattern).test(text)) throw new RangeError(`not a duration: ${text}`)
  const unit = text.replace(/^[0-9]+/, '')
  return (
    Number.parseInt(text, 10) * (Object.entries(unitMs).find(([name]) => name === unit)?.[1] ?? 1)
  )
}

/** Writes milliseconds in the largest unit that leaves a whole number. */
export function formatDuration(durationMs: number): string {
  const units: Unit[] = ['d', 'h', 'm', 's']
  const unit = durationMs === 0 ? 's' : (units.find((u) => durationMs % unitMs[u] === 0) ?? 'ms')
  return `${durationMs / unitMs[unit]}${unit}`
}

const longestTimerMs = 24 * unitMs.d

/**
 * What is wrong with a duration that a timer waits for: zero (unless allowed), and more than the 24
 * days that Node's timers can count.
 */
export function timerFault(
  text: string | undefined,
  { zero }: { zero: 'allowed' | 'refused' },
): string | undefined {
  const durationMs = text === undefined ? undefined : parseDurationMs(text)
  if (durationMs === 0 && zero === 'refused') return 'must be longer than zero'
  return durationMs !== undefined && durationMs > longestTimerMs ? 'must be at most 24d' : undefined
}
