import type { JsonWebKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Logger } from 'pino'
import { reasonOf } from '../config/secret-files.js'
import { parseSigningKeys } from '../config/signing-keys.js'
import { readSigningKey, type SigningKey } from '../identity/signing-key.js'
import { followContent } from './follow-content.js'
import type { KeySource } from './key-source.js'

export interface KeyFilesOptions {
  readonly files: readonly string[]
  readonly logger: Pick<Logger, 'info' | 'error'>
  readonly intervalMs?: number
}

type Content = { readonly jwks: readonly JsonWebKey[] } | { readonly fault: string }

/** For how long verifiers may rely on the keys of files, which change when an operator wants it. */
const completeForMs = 5 * 60_000

/**
 * Creates the keys of the assertions from files: the first key signs, all are published. Their changes take effect
 * without a restart; what is no list of keys changes nothing and is logged once.
 */
export function createKeyFiles({ files, logger, intervalMs }: KeyFilesOptions): KeySource {
  const current = parseAll(files.map((file) => readFileSync(file, 'utf8')))
  let keys = 'jwks' in current ? keysOf(current.jwks) : []
  const removalListeners: (() => void)[] = []
  let stopFollowing: (() => void) | undefined

  function apply(content: Content): void {
    const found = 'jwks' in content ? keysOf(content.jwks) : []
    if (found.length === 0) {
      const reason = 'fault' in content ? content.fault : 'a key is not usable'
      logger.error({ files, reason }, 'the signing keys cannot be used; those before stay')
      return
    }
    const before = keys
    keys = found
    const kids = found.map(({ published }) => published.kid)
    logger.info({ files, kids }, 'signing keys replaced')
    const isAnyGone = before.some(({ published }) => !kids.includes(published.kid))
    if (isAnyGone) for (const listener of removalListeners) listener()
  }

  return {
    signingAt: () => keys[0],
    published: (now) => ({
      keys: keys.map(({ published }) => published),
      completeUntil: now + completeForMs,
    }),
    onRemoval: (listener) => void removalListeners.push(listener),
    start() {
      stopFollowing = followContent<Content>({
        read: () => readNow(files),
        current,
        apply,
        onError: (error) => logger.error({ err: error }, 'signing key files'),
        intervalMs,
      })
    },
    stop: () => stopFollowing?.(),
  }
}

/** None unless all can be used. */
function keysOf(jwks: readonly JsonWebKey[]): readonly SigningKey[] {
  const keys = jwks.flatMap((jwk) => readSigningKey(jwk) ?? [])
  return keys.length === jwks.length ? keys : []
}

async function readNow(files: readonly string[]): Promise<Content> {
  try {
    return parseAll(await Promise.all(files.map((file) => readFile(file, 'utf8'))))
  } catch (error) {
    return { fault: `a file cannot be read (${reasonOf(error)})` }
  }
}

function parseAll(texts: readonly string[]): Content {
  const jwks: JsonWebKey[] = []
  for (const text of texts) {
    const parsed = parseSigningKeys(text)
    if ('fault' in parsed) return { fault: `a file ${parsed.fault}` }
    jwks.push(...parsed.content)
  }
  return { jwks }
}
