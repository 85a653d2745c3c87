import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import fastify, { type FastifyBaseLogger } from 'fastify'
import t from 'tap'
import { listenOn } from '../../src/app/listen.js'
import { createLogger } from '../../src/telemetry/logger.js'

/** Clients on a thread of their own: all connect and ask before anybody is answered. */
const clients = `
const { parentPort, workerData } = require('node:worker_threads')
const { connect } = require('node:net')
const { port, count, connected } = workerData
let answered = 0
let failed = 0
const settle = () => answered + failed === count && parentPort.postMessage({ answered, failed })
for (let each = 0; each < count; each++) {
  const socket = connect(port, '127.0.0.1', () => {
    socket.write('GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n')
    Atomics.add(connected, 0, 1)
    Atomics.notify(connected, 0)
  })
  let isOver = false
  const end = (count) => {
    if (isOver) return
    isOver = true
    count()
    settle()
  }
  socket.on('data', () => end(() => answered++))
  socket.on('error', () => end(() => failed++))
}`

const count = 1000
const most = Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'))
const skip = most < count && `the kernel lets ${most} wait`

t.test('a thousand connections wait while the process is busy', { skip }, async (t) => {
  const server = fastify()
  server.get('/', async () => 'served')
  t.teardown(() => server.close())
  const { port } = new URL(await listenOn(server, '127.0.0.1:0'))
  const connected = new Int32Array(new SharedArrayBuffer(4))
  const workerData = { port: Number(port), count, connected }
  const worker = new Worker(clients, { eval: true, workerData })
  t.teardown(() => worker.terminate())
  const settled = once(worker, 'message')
  // Nobody accepts them meanwhile.
  let seen = 0
  while ((seen = Atomics.load(connected, 0)) < count) {
    if (Atomics.wait(connected, 0, seen, 20_000) === 'timed-out') break
  }
  t.equal(seen, count, 'all are taken by the kernel')
  t.strictSame(await settled, [{ answered: count, failed: 0 }])
})

t.test('an address is not a line of the log, and what comes later is one', async (t) => {
  const lines: string[] = []
  const logger: FastifyBaseLogger = createLogger({
    level: 'info',
    destination: { write: (line: string) => void lines.push(line) },
  })
  const server = fastify({ loggerInstance: logger })
  t.teardown(() => server.close())
  await listenOn(server, '127.0.0.1:0')
  t.same(lines, [])
  server.log.info('later')
  t.match(lines, [/"msg":"later"/])
})
