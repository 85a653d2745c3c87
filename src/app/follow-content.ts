import { setTimeout as sleep } from 'node:timers/promises'

export interface FollowOptions<Content> {
  /** Reads what is there now; what cannot be read is a content, too. */
  readonly read: () => Promise<Content>
  /** What is in force already. */
  readonly current: Content
  readonly apply: (content: Content) => void
  readonly onError: (error: unknown) => void
  /** How often to look. */
  readonly intervalMs?: number | undefined
}

const defaultIntervalMs = 2000

/**
 * Follows the content of files: what they hold is applied without a restart. The content is read and compared, rather
 * than times or events believed, which network volumes and the symbolic links of Kubernetes secrets do not keep. It
 * counts once it was found the same twice: a file may be seen while it is written.
 *
 * @returns what ends it
 */
export function followContent<Content>(options: FollowOptions<Content>): () => void {
  const { read, apply, onError, intervalMs = defaultIntervalMs } = options
  const stopping = new AbortController()
  let settled = JSON.stringify(options.current)
  let seenBefore = settled

  async function look(): Promise<void> {
    const content = await read()
    const seen = JSON.stringify(content)
    const isSettling = seen === seenBefore
    seenBefore = seen
    if (!isSettling || seen === settled || stopping.signal.aborted) return
    settled = seen
    apply(content)
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
