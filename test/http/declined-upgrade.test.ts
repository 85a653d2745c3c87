import t from 'tap'
import { startAppInProcess } from '../helpers/app-in-process.js'
import { startUpstream } from '../helpers/upstream.js'
import { openConnection } from '../proxy/raw-request.js'

t.test(
  'SMU what is sent behind a request whose upgrade is declined is never misread',
  async (t) => {
    const upstream = await startUpstream()
    t.teardown(() => upstream.close())
    const valetkey = await startAppInProcess(t, {
      routes: [{ match: { path: '/' }, auth: 'public', upstream: upstream.url }],
    })
    const { socket, received } = await openConnection(valetkey.port)
    const body = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'
    const first = 'GET /1 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n'
    const second = `POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`
    const arrived = upstream.nextRequest()
    socket.write(first + second)
    await arrived
    socket.write(body)
    // A reader of HTTP that lost nothing goes on; the others close the connection.
    const isOver = new Promise<void>((resolve) =>
      socket.once('end', resolve).once('close', resolve),
    )
    const bothAnswered = (async () => {
      while ((received().match(/HTTP\/1.1 200 /g) ?? []).length < 2) {
        await new Promise((resolve) => socket.once('data', resolve))
      }
    })()
    await Promise.race([isOver, bothAnswered])
    socket.destroy()
    t.match(received(), /^HTTP\/1.1 200 /)
    t.equal(
      upstream.requests.some(({ url }) => url === '/smuggled'),
      false,
    )
  },
)
