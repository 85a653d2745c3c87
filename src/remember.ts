const mostTexts = 1000
const longestText = 64

/**
 * Remembers what is found out about a short text, such as the name of a header field or a host: few of them are on the
 * way of every request. How many it remembers is bounded: whoever sends texts of their own making has them looked at each
 * time.
 */
export const remember = <Fact>(findOut: (text: string) => Fact): ((text: string) => Fact) => {
  const known = new Map<string, Fact>()
  return (text) => {
    const fact = known.get(text)
    if (fact !== undefined) return fact
    if (known.size >= mostTexts || text.length > longestText) return findOut(text)
    // A copy: parts of a string hold all of it in memory, here a request target or a header.
    const kept = structuredClone(text)
    const found = findOut(kept)
    known.set(kept, found)
    return found
  }
}
