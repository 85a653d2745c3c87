/** What a `WWW-Authenticate` field asks for. */
export interface Challenge {
  /** In lower case, as the names of the parameters. */
  readonly scheme: string
  readonly parameters: ReadonlyMap<string, string>
}

/**
 * The challenges of one field (RFC 9110 §11.6.1): a scheme, then parameters separated by commas, then
 * perhaps another scheme. A field that is anything else has none.
 */
export function parseChallenges(field: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  const part =
    /[\s,]*(?:([\w!#$%&'*+.^`|~-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([\w!#$%&'*+.^`|~-]+))|([\w!#$%&'*+.^`|~-]+)(?=[\s,]|$)(?:[ \t]+[\w.~+/-]+=*(?=[\s]*(?:,|$)))?)/y
  if (field.length > 4096) return []
  while (part.lastIndex < field.length) {
    const match = part.exec(field)
    if (match === null) return []
    const [, name, quoted, token, scheme] = match
    if (scheme !== undefined) {
      challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() })
    } else if (name !== undefined) {
      const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? token ?? ''
      challenges.at(-1)?.parameters.set(name.toLowerCase(), value)
    }
  }
  return challenges
}
