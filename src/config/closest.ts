/** The candidate that a misspelt name was probably meant to be, or undefined if none is near. */
export function closest(name: string, candidates: readonly string[]): string | undefined {
  const plain = simplify(name)
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(plain, simplify(candidate)) }))
    .toSorted((a, b) => a.distance - b.distance)
  const [best] = ranked
  const allowed = Math.max(1, Math.floor(plain.length / 3))
  return best && best.distance <= allowed ? best.candidate : undefined
}

/** `client_id`, `client-id` and `ClientID` are all `clientId`, misspelt. */
function simplify(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '')
}

/** Levenshtein's distance: how many characters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      const inserted = (current[column - 1] ?? 0) + 1
      const deleted = (previous[column] ?? 0) + 1
      current.push(Math.min(replaced, inserted, deleted))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}
