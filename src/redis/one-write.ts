import type { Redis } from 'ioredis'
import { atEndOfTurn } from '../end-of-turn.js'

/**
 * Has a connection write the commands of a turn of the event loop at once, at its end: a system call for each costs
 * more than the command. They stay one command each, in their order.
 */
export function writeOncePerTurn(connection: Redis): void {
  const send = connection.sendCommand.bind(connection)
  let heldBack: Redis['stream'] | undefined
  connection.sendCommand = (...command) => {
    const { stream } = connection
    if (stream !== undefined && stream !== heldBack) {
      heldBack = stream
      stream.cork()
      atEndOfTurn(() => {
        if (heldBack === stream) heldBack = undefined
        stream.uncork()
      })
    }
    return send(...command)
  }
}
