import { createServer, type Socket } from 'node:net'
import { listenOnLoopback } from '../helpers/listen.js'

/**
 * Stands for an application that breaks the rules of HTTP, which a real server cannot be made to do: runs `answer` for each
 * connection once a request head has arrived.
 */
export const startRawServer = async (
  t: { teardown: (close: () => Promise<void>) => void },
  answer: (socket: Socket, head: string) => void,
): Promise<{ url: string; port: number; requests: () => number }> => {
  let requests = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('data', (head) => {
      requests += 1
      answer(socket, head.toString('latin1'))
    })
  })
  const port = await listenOnLoopback(t, server, sockets)
  return { url: `http://127.0.0.1:${port}`, port, requests: () => requests }
}
