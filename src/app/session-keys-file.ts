import type { Logger } from 'pino'
import type { Parsed } from '../config/parsed.js'
import { parseSessionKeys } from '../config/session-key.js'
import type { ReplaceableKeyRing } from '../session/key-ring.js'
import { followContent } from './follow-content.js'

export interface SessionKeysFileOptions {
  readonly file: string
  readonly keyRing: ReplaceableKeyRing
  /** What the key ring has now. */
  readonly keys: readonly string[]
  readonly logger: Pick<Logger, 'info' | 'error'>
  /** How often to look. */
  readonly intervalMs?: number
}

/**
 * Follows the file of the session keys: what it holds becomes the key ring without a restart. What is no list of keys
 * changes nothing and is logged once.
 *
 * @returns what ends it
 */
export function followSessionKeysFile(options: SessionKeysFileOptions): () => void {
  const { file, keyRing, keys, logger, intervalMs } = options
  return followContent<readonly string[]>({
    files: [file],
    parse: ([text = '']) => usableKeys(text),
    current: keys,
    apply(found) {
      keyRing.replace(found)
      const sealingKeyId = keyRing.sealing.id.toString('hex')
      logger.info({ file, count: found.length, sealingKeyId }, 'session keys replaced')
    },
    onFault(reason) {
      const message = 'the session keys file cannot be used; the keys stay as they were'
      logger.error({ file, reason }, message)
    },
    onError: (error) => logger.error({ err: error }, 'session keys file'),
    intervalMs,
  })
}

function usableKeys(text: string): Parsed<readonly string[]> {
  const { keys, badLines } = parseSessionKeys(text)
  if (badLines.length > 0) {
    return { fault: `line ${badLines.join(', ')} is not 32 bytes in base64url` }
  }
  return keys.length === 0 ? { fault: 'it holds no key' } : { content: keys }
}
