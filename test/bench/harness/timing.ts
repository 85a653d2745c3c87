/** How long each of the tasks took, one after the other; the median in milliseconds. */
export async function medianMs<Item>(
  items: readonly Item[],
  task: (item: Item) => Promise<unknown>,
): Promise<number> {
  const took: number[] = []
  for (const item of items) {
    const startedAt = performance.now()
    await task(item)
    took.push(performance.now() - startedAt)
  }
  return took.toSorted((a, b) => a - b)[Math.floor(took.length / 2)] ?? Number.NaN
}

/** `count` of the items, or all if there are less, evenly spread over them. */
export function spread<Item>(items: readonly Item[], count: number): Item[] {
  const step = Math.max(1, items.length / count)
  return items.filter((_, place) => Math.floor(place / step) !== Math.floor((place - 1) / step))
}
