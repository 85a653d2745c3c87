import { createServer } from 'node:http'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { createAnswers } from '../../src/http/answers.js'
import { createPaths } from '../../src/http/paths.js'
import { createSubrequestAnswers } from '../../src/http/subrequests.js'
import { listenOnLoopback } from '../helpers/listen.js'
import { openConnection } from '../proxy/raw-request.js'

const head = (length: number) => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`

/** A server that gives leave to every subrequest, or refuses it in the place of the framework. */
async function start(t: Test, isGranted: boolean) {
  const answerSubrequest = createSubrequestAnswers({
    answers: createAnswers({ publicUrl: 'http://a', paths: createPaths('/oauth2') }),
    answerWith: (_request, response) => void response.writeHead(401).end(),
    onGranted: () => undefined,
    bodyDeadlineMs: 100,
  })
  const server = createServer((request, response) => {
    void answerSubrequest(request, response, async () =>
      isGranted ? { status: 202, headers: [] } : (_asked, reply) => reply,
    )
  })
  const port = await listenOnLoopback(t, server)
  const connection = await openConnection(port)
  t.teardown(async () => void connection.socket.destroy())
  return connection
}

t.test('ING-7 BODY-5 a body that was announced and never comes is not waited for', async (t) => {
  for (const isGranted of [true, false]) {
    for (const body of [
      head(10),
      head(10).replace('Content-Length: 10', 'Transfer-Encoding: chunked'),
    ]) {
      const { socket, until } = await start(t, isGranted)
      const closed = once(socket, 'end')
      socket.write(`${body}1`)
      t.match(await until('\r\n\r\n'), isGranted ? /^HTTP\/1.1 202 / : /^HTTP\/1.1 401 /)
      await closed
      t.pass('the connection ends')
    }
  }
})

t.test('ING-7 with the body there, the connection goes on', async (t) => {
  const { socket, until, received } = await start(t, true)
  socket.write(head(10))
  await until('\r\n\r\n')
  socket.write('0123456789')
  // the deadline of the second is later than that of the first
  socket.write(head(1))
  const closed = once(socket, 'end')
  while (received().split('HTTP/1.1 202').length < 3) await once(socket, 'data')
  t.pass('the next one is answered')
  await closed
})
