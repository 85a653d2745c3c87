const mostTexts = 1000
const longestText = 64

/**
 * Remembers what is found out about a short text, such as the name of a header field or a host: few of them are on the
 * way of every request. How many it remembers is bounded, and beyond that it begins anew: whoever sends texts of their own
 * making keeps it from knowing those of others only for as long.
 */
export const remember = <Fact>(findOut: (text: string) => Fact): ((text: string) => Fact) => {
  const known = new Map<string, { readonly fact: Fact }>()
  return (text) => {
    const remembered = known.get(text)
    if (remembered !== undefined) return remembered.fact
    if (text.length > longestText) return findOut(text)
    if (known.size >= mostTexts) known.clear()
    // A copy: parts of a string hold all of it in memory, here a request target or a header.
    const kept = structuredClone(text)
    const fact = findOut(kept)
    known.set(kept, { fact })
    return fact
  }
}
