import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface ProxyProcess {
  readonly port: number
  /** Bytes in memory. */
  residentBytes(): Promise<number>
}

/** A proxy in a process of its own, where memory can be measured and trusted certificates can be given. */
export const startProxyProcess = async (
  t: { teardown: (close: () => Promise<void>) => void },
  upstreamUrl: string,
  env: Record<string, string> = {},
): Promise<ProxyProcess> => {
  const child = fork(fileURLToPath(new URL('proxy-process.js', import.meta.url)), [upstreamUrl], {
    env: { ...process.env, ...env },
  })
  t.teardown(async () => {
    if (child.exitCode === null) {
      child.kill()
      await once(child, 'exit')
    }
  })
  const reply = async (): Promise<Record<string, number>> => {
    const [message] = await once(child, 'message')
    return message
  }
  const { port = 0 } = await reply()
  return {
    port,
    residentBytes: async () => {
      const answer = reply()
      child.send('rss')
      return (await answer)['rss'] ?? 0
    },
  }
}
