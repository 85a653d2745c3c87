import { setTimeout as sleep } from 'node:timers/promises'
import { readTexts } from '../config/file-texts.js'
import type { Parsed } from '../config/parsed.js'

export interface FollowOptions<Content> {
  readonly files: readonly string[]
  /** Gets the texts in the order of `files`. */
  readonly parse: (texts: readonly string[]) => Parsed<Content>
  /** What is in force already. */
  readonly current: Content
  readonly apply: (content: Content) => void
  /** What cannot be used changes nothing, and is told once. */
  readonly onFault: (fault: string) => void
  readonly onError: (error: unknown) => void
  /** How often to look. */
  readonly intervalMs?: number | undefined
}

const defaultIntervalMs = 2000

/**
 * Follows the content of files: what they hold is applied without a restart, for what cannot wait until somebody reads
 * (`oidc/file-content` does that). The content is read and compared, rather than times or events believed, which network
 * volumes and the symbolic links of Kubernetes secrets do not keep. It counts once it was found the same twice: a file
 * may be seen while it is written.
 *
 * @returns what ends it
 */
export function followContent<Content>(options: FollowOptions<Content>): () => void {
  const { files, parse, apply, onFault, onError, intervalMs = defaultIntervalMs } = options
  const stopping = new AbortController()
  let told = JSON.stringify({ content: options.current })
  let settled: string | undefined
  let seenBefore: string | undefined

  async function look(): Promise<void> {
    const read = await readTexts(files)
    const seen = JSON.stringify(read)
    const isSettling = seen === seenBefore
    seenBefore = seen
    if (!isSettling || seen === settled || stopping.signal.aborted) return
    settled = seen
    const parsed = 'content' in read ? parse(read.content) : read
    const toTell = JSON.stringify(parsed)
    if (toTell === told) return
    told = toTell
    if ('fault' in parsed) onFault(parsed.fault)
    else apply(parsed.content)
  }

  async function follow(): Promise<void> {
    while (!stopping.signal.aborted) {
      await look().catch(onError)
      await sleep(intervalMs, undefined, { ref: false, signal: stopping.signal }).catch(() => {})
    }
  }
  void follow()
  return () => stopping.abort()
}
