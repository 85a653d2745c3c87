import type { JsonWebKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Logger } from 'pino'
import type { Parsed } from '../config/parsed.js'
import { parseSigningKeys } from '../config/signing-keys.js'
import { readSigningKey, type SigningKey } from '../identity/signing-key.js'
import { followContent } from './follow-content.js'
import type { KeySource } from './key-source.js'

export interface KeyFilesOptions {
  readonly files: readonly string[]
  readonly logger: Pick<Logger, 'info' | 'error'>
  readonly intervalMs?: number
}

/** For how long verifiers may rely on the keys of files, which change when an operator wants it. */
const completeForMs = 5 * 60_000

/**
 * Creates the keys of the assertions from files: the first key signs, all are published. Their changes take effect
 * without a restart; what is no list of keys changes nothing and is logged once.
 */
export function createKeyFiles({ files, logger, intervalMs }: KeyFilesOptions): KeySource {
  const parsed = parseAll(files.map((file) => readFileSync(file, 'utf8')))
  const current = 'content' in parsed ? parsed.content : []
  let keys = keysOf(current)
  const removalListeners: (() => void)[] = []
  let stopFollowing: (() => void) | undefined

  function apply(jwks: readonly JsonWebKey[]): void {
    const found = keysOf(jwks)
    if (found.length === 0) return refuse('a key is not usable')
    const before = keys
    keys = found
    const kids = found.map(({ published }) => published.kid)
    logger.info({ files, kids }, 'signing keys replaced')
    const isAnyGone = before.some(({ published }) => !kids.includes(published.kid))
    if (isAnyGone) for (const listener of removalListeners) listener()
  }

  function refuse(reason: string): void {
    logger.error({ files, reason }, 'the signing keys cannot be used; those before stay')
  }

  return {
    signingAt: () => keys[0],
    published: (now) => ({
      keys: keys.map(({ published }) => published),
      completeUntil: now + completeForMs,
    }),
    onRemoval: (listener) => void removalListeners.push(listener),
    start() {
      stopFollowing = followContent({
        files,
        parse: parseAll,
        current,
        apply,
        onFault: refuse,
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

function parseAll(texts: readonly string[]): Parsed<readonly JsonWebKey[]> {
  const jwks: JsonWebKey[] = []
  for (const text of texts) {
    const parsed = parseSigningKeys(text)
    if ('fault' in parsed) return { fault: `a file ${parsed.fault}` }
    jwks.push(...parsed.content)
  }
  return { content: jwks }
}
