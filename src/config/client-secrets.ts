import type { Parsed } from './parsed.js'

/** During a rotation there are the old one and the new one. */
const maxSecrets = 2

/** The client secrets of a file, one a line, spaces included; blank lines do not count. */
export function parseClientSecrets(text: string): Parsed<readonly string[]> {
  const secrets = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  if (secrets.length === 0) return { fault: 'holds no secret' }
  if (secrets.length > maxSecrets) {
    return { fault: `has ${secrets.length} lines; a client has one secret, during a rotation two` }
  }
  return { content: secrets }
}
