import { once } from 'node:events'
import { createServer } from 'node:net'

async function tryPort(port) {
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  const chosen = server.address().port
  server.close()
  await once(server, 'close')
  return chosen
}

/** The wanted port of 127.0.0.1 if it is free, else any that is. */
export const choosePort = (wanted) => tryPort(wanted).catch(() => tryPort(0))
