/**
 * Tells whether what is named now was named before, within the last `span` to `2 * span` names. It keeps a mark of each
 * name, 4 bytes in one of at least `2 * span` places, and not the name: of two on the same place the earlier one counts as
 * never named.
 */
export function createSecondUse(span: number): (name: string) => boolean {
  const places = 2 ** Math.ceil(Math.log2(2 * Math.max(span, 1)))
  let recent = new Int32Array(places)
  let former = new Int32Array(places)
  let named = 0

  return (name) => {
    if (named >= span) {
      ;[recent, former] = [former.fill(0), recent]
      named = 0
    }
    named += 1
    const mark = markOf(name)
    const place = mark & (places - 1)
    const isKnown = recent[place] === mark || former[place] === mark
    recent[place] = mark
    return isKnown
  }
}

/** 32 bits of a random name, never 0, which marks nothing. */
function markOf(name: string): number {
  let mark = 1
  for (let at = 0; at < name.length; at++) mark = Math.imul(mark, 31) + name.charCodeAt(at)
  return mark | 0 || 1
}
