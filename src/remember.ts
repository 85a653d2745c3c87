/** What clients and upstreams in their right mind have of different spellings is far less. */
const mostNames = 1000
const longestName = 64

/**
 * Remembers what is found out about the name of a header field, since few names are on the way of every request. How many
 * it remembers is bounded: whoever sends names of their own making has them looked at each time.
 */
export const rememberByName = <Fact>(findOut: (name: string) => Fact): ((name: string) => Fact) => {
  const known = new Map<string, Fact>()
  return (name) => {
    const fact = known.get(name)
    if (fact !== undefined) return fact
    const found = findOut(name)
    if (known.size < mostNames && name.length <= longestName) known.set(name, found)
    return found
  }
}
