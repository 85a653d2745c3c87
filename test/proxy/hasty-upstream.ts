import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

export interface HastyUpstream {
  readonly url: string
  /** How many requests have come. */
  readonly requests: () => number
  /** Resolves with the next request. */
  nextRequest(): Promise<void>
  /**
   * Has that request answered, and its connection reset, while everything in this thread stands still: whatever this
   * thread does next, the answer and the reset have arrived.
   */
  answerAndReset(): void
}

const code = `
const { createServer } = require('node:net')
const { parentPort, workerData } = require('node:worker_threads')
const { answer, turns } = workerData
const turn = new Int32Array(turns)
createServer((socket) => {
  socket.on('error', () => undefined)
  socket.once('data', () => {
    socket.pause()
    parentPort.postMessage('request')
    Atomics.wait(turn, 0, 0)
    const reset = () => socket.resetAndDestroy()
    if (answer === '') reset()
    else socket.write(answer, reset)
  })
  socket.on('close', () => {
    Atomics.store(turn, 0, 0)
    Atomics.store(turn, 1, 1)
    Atomics.notify(turn, 1)
  })
}).listen(0, '127.0.0.1', function () { parentPort.postMessage(this.address().port) })
`

/**
 * Starts an upstream that reads no more than the head of a request, in a thread of its own.
 *
 * @param answer all that it sends on a connection before it resets it; empty when it sends nothing
 */
export const startHastyUpstream = async (
  t: { teardown: (close: () => Promise<void>) => void },
  answer: string,
): Promise<HastyUpstream> => {
  const turns = new SharedArrayBuffer(8)
  const turn = new Int32Array(turns)
  const worker = new Worker(code, { eval: true, workerData: { answer, turns } })
  t.teardown(async () => void (await worker.terminate()))
  const [port] = await once(worker, 'message')
  let requests = 0
  worker.on('message', () => {
    requests += 1
  })
  return {
    url: `http://127.0.0.1:${port}`,
    requests: () => requests,
    nextRequest: async () => void (await once(worker, 'message')),
    answerAndReset: () => {
      Atomics.store(turn, 1, 0)
      Atomics.store(turn, 0, 1)
      Atomics.notify(turn, 0)
      Atomics.wait(turn, 1, 0)
    },
  }
}
