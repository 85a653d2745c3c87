import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { createProviderHttp } from '../../src/oidc/provider-http.js'

/** A server on a thread of its own, which answers while this one stands still. */
async function startServer(answerAfterMs: number) {
  const code = `
    const { parentPort, workerData } = require('node:worker_threads')
    const server = require('node:http').createServer((_request, response) => {
      parentPort.postMessage('asked')
      setTimeout(() => response.end('{"token":"new"}'), workerData)
    })
    server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))`
  const worker = new Worker(code, { eval: true, workerData: answerAfterMs })
  t.teardown(() => worker.terminate())
  const [port]: unknown[] = await once(worker, 'message')
  return { issuer: `http://127.0.0.1:${String(port)}`, worker }
}

function openHttp(issuer: string, timeoutMs: number) {
  const http = createProviderHttp({ issuer, timeoutMs, allowInsecureIssuer: false })
  t.teardown(() => http.close())
  return http
}

/** Nothing is taken in, and time passes. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

t.test('an answer that came while the process was stopped is not too late', async (t) => {
  const { issuer, worker } = await startServer(50)
  const timeoutMs = 2000
  const answer = openHttp(issuer, timeoutMs).request(`${issuer}/token`)
  await once(worker, 'message')
  standStill(timeoutMs + 100)
  t.strictSame(await (await answer).json(), { token: 'new' })
})

t.test('a process that is held up again and again still gets to its answer', async (t) => {
  const { issuer } = await startServer(50)
  const timeoutMs = 1000
  const answer = openHttp(issuer, timeoutMs).request(`${issuer}/token`)
  for (let each = 0; each < 3; each++) {
    standStill(timeoutMs + 100)
    await turn()
  }
  t.strictSame(await (await answer).json(), { token: 'new' })
})

t.test('an answer that does not come in time is an error', async (t) => {
  const { issuer } = await startServer(60_000)
  await t.rejects(openHttp(issuer, 50).request(`${issuer}/token`), {
    code: 'ERR_PROVIDER_UNAVAILABLE',
    message: `GET ${issuer}/token: no complete answer within 50 ms`,
  })
})
