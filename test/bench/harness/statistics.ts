/** The middle of some figures, and how far from it they lie at most, as a share of it. */
export function medianOf(values: readonly number[]): { median: number; spread: number } {
  const sorted = values.toSorted((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const farthest = Math.max(...sorted.map((value) => Math.abs(value - median)))
  return { median, spread: farthest / median }
}

/** A share as a percentage. */
export const percent = (share: number) => `${(share * 100).toFixed(0)} %`

/** The value that so large a share of the values does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN
}
