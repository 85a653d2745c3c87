const keyBytes = 32

/** Whether the text is exactly 32 bytes in base64url without padding (RFC 4648 §5). */
export function isSessionKey(text: string): boolean {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.length === keyBytes && bytes.toString('base64url') === text
}

/**
 * The keys of a keys file, one a line; blank lines and lines that begin with `#` do not count.
 * `badLines` are the numbers, from 1, of the lines that are no key.
 */
export function parseSessionKeys(text: string): { keys: string[]; badLines: number[] } {
  const lines = text.split('\n').map((line, index) => ({ text: line.trim(), number: index + 1 }))
  const candidates = lines.filter((line) => line.text !== '' && !line.text.startsWith('#'))
  return {
    keys: candidates.map((line) => line.text),
    badLines: candidates.filter((line) => !isSessionKey(line.text)).map((line) => line.number),
  }
}
