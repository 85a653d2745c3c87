import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** Spreads TCP connections over ports of this machine, each in its turn, and knows nothing of HTTP. */
export interface Balancer {
  readonly port: number
  /** Where connections go from now on; none yet at the start. */
  readonly targets: number[]
  close(): Promise<void>
}

/** Starts a plain round-robin balancer. `t.teardown(() => balancer.close())` belongs on the next line. */
export async function startBalancer(): Promise<Balancer> {
  const targets: number[] = []
  const sockets = new Set<Socket>()
  let turn = 0

  /** A target that refuses the connection is passed over, as any balancer does. */
  function pass(near: Socket, triesLeft: number) {
    const port = targets[turn++ % targets.length]
    if (port === undefined || triesLeft === 0) {
      near.destroy()
      return
    }
    const far = connect(port, '127.0.0.1')
    const passOver = () => pass(near, triesLeft - 1)
    far.once('error', passOver)
    far.once('connect', () => {
      far.off('error', passOver)
      keep(far)
      far.on('close', () => near.destroy())
      near.on('close', () => far.destroy())
      near.pipe(far).pipe(near)
    })
  }

  function keep(socket: Socket) {
    sockets.add(socket.setNoDelay())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  }

  const server = createServer((near) => {
    keep(near)
    pass(near, targets.length)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')

  return {
    port: address.port,
    targets,
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
