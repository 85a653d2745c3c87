import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface FaultyTcp {
  readonly port: number
  readonly url: string
  /** Passes everything on, after `delayMs` in each direction. */
  pass(delayMs?: number): void
  /**
   * Accepts connections and swallows every byte of the old and the new ones, without closing any; with
   * `saying` only of those that have asked the target, among the first things, for something with this text.
   */
  blackHole(saying?: string): void
  /** Swallows what comes back from the target; what goes there still arrives. */
  loseAnswers(): void
  /** Cuts every connection with a reset; new ones pass as the mode says. */
  reset(): void
  close(): Promise<void>
}

type Mode = 'pass' | 'black hole' | 'lose answers'

/** One connection through the link, and what it said first. */
interface Passage {
  said: string
}

const rememberedLength = 4096

/** A TCP link to a port of this machine that breaks on demand: a stand-in for a faulty network. */
export async function startFaultyTcp(targetPort: number): Promise<FaultyTcp> {
  let mode: Mode = 'pass'
  let delayMs = 0
  let swallowedSaying = ''
  const sockets = new Set<Socket>()

  const isSwallowed = ({ said }: Passage) => mode === 'black hole' && said.includes(swallowedSaying)

  /** Moves bytes in order; what was swallowed once is lost, so such a connection never heals. */
  function relay(from: Socket, to: Socket, passage: Passage, isAnswer: boolean) {
    let previous = Promise.resolve()
    let broken = false
    async function passOn(bytes: Buffer, delay: Promise<unknown> | undefined) {
      await delay
      broken ||= isSwallowed(passage) || (mode === 'lose answers' && isAnswer)
      if (!broken && to.writable) to.write(bytes)
    }
    from.on('data', (bytes: Buffer) => {
      if (!isAnswer && passage.said.length < rememberedLength) {
        passage.said += bytes.toString('latin1')
      }
      // Counted from the arrival: what comes meanwhile is as late, not later still.
      const delay = delayMs > 0 ? sleep(delayMs) : undefined
      previous = previous.then(() => passOn(bytes, delay))
    })
    from.on('end', () => void previous.then(() => isSwallowed(passage) || to.end()))
    from.on('error', () => to.destroy())
    from.on('close', () => sockets.delete(from))
  }

  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1')
    for (const socket of [near, far]) sockets.add(socket.setNoDelay())
    const passage = { said: '' }
    relay(near, far, passage, false)
    relay(far, near, passage, true)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')

  const reset = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  return {
    port: address.port,
    url: `redis://127.0.0.1:${address.port}`,
    pass(delay = 0) {
      mode = 'pass'
      delayMs = delay
    },
    blackHole(saying = '') {
      mode = 'black hole'
      swallowedSaying = saying
    },
    loseAnswers: () => void (mode = 'lose answers'),
    reset,
    async close() {
      const closed = once(server, 'close')
      server.close()
      reset()
      await closed
    },
  }
}
