const mostTexts = 10_000
const longestText = 64

const texts = new Map<string, string>()

/**
 * The same text, as one that many sessions have in common: the name of a group, an issuer. For texts that are no parts of
 * others, which would keep those in memory.
 */
export function inCommon(text: string): string {
  const common = texts.get(text)
  if (common !== undefined || text.length > longestText) return common ?? text
  if (texts.size >= mostTexts) texts.clear()
  texts.set(text, text)
  return text
}
