import { readFile } from 'node:fs/promises'
import type { Logger } from 'pino'
import { reasonOf } from '../config/secret-files.js'
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

type Content = { readonly keys: readonly string[] } | { readonly fault: string }

/**
 * Follows the file of the session keys: what it holds becomes the key ring without a restart. What is no list of keys
 * changes nothing and is logged once.
 *
 * @returns what ends it
 */
export function followSessionKeysFile(options: SessionKeysFileOptions): () => void {
  const { file, keyRing, keys, logger, intervalMs } = options

  function apply(content: Content) {
    if ('fault' in content) {
      const message = 'the session keys file cannot be used; the keys stay as they were'
      logger.error({ file, reason: content.fault }, message)
      return
    }
    keyRing.replace(content.keys)
    const sealingKeyId = keyRing.sealing.id.toString('hex')
    logger.info({ file, count: content.keys.length, sealingKeyId }, 'session keys replaced')
  }

  return followContent<Content>({
    read: () => readKeys(file),
    current: { keys },
    apply,
    onError: (error) => logger.error({ err: error }, 'session keys file'),
    intervalMs,
  })
}

async function readKeys(file: string): Promise<Content> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    return { fault: `it cannot be read (${reasonOf(error)})` }
  }
  const { keys, badLines } = parseSessionKeys(text)
  if (badLines.length > 0) {
    return { fault: `line ${badLines.join(', ')} is not 32 bytes in base64url` }
  }
  return keys.length === 0 ? { fault: 'it holds no key' } : { keys }
}
