import t from 'tap'
import { spoofedHeaderLines, spoofedProfileLines } from '../helpers/spoofed-headers.js'
import { signIn, startStack } from '../helpers/stack.js'
import { startUpstream } from '../helpers/upstream.js'
import { openConnection } from '../proxy/raw-request.js'

t.setTimeout(120_000)

const handshake =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

t.test(
  'BCP-12 CK-8 B16-13 nobody brings an identity along, on any route, in any spelling',
  async (t) => {
    const application = await startUpstream()
    t.teardown(() => application.close())
    const upstream = application.url
    const none = { accessToken: 'none', identityHeaders: false }
    const stack = await startStack(t, {
      config: {
        routes: [
          { match: { path: '/public/' }, auth: 'public', upstream },
          { match: { path: '/optional/' }, auth: 'optional', upstream },
          { match: { path: '/none/' }, forward: none, upstream },
          {
            match: { path: '/claims/' },
            forward: { headers: { 'X-Department': 'absent' } },
            upstream,
          },
          { match: { path: '/' }, upstream },
        ],
      },
    })
    const { client } = await signIn(stack, 'alice')
    const ticket = client.cookieFor(stack.publicUrl)
    const { host, port } = new URL(stack.publicUrl)
    const spoofed = [...spoofedHeaderLines, ...spoofedProfileLines].join('')
    const cookies = `Cookie: ${ticket}; theirs=1\r\nCOOKIE: valetkey-login-x=1; more=2\r\n`

    for (const [path, isSignedIn] of [
      ['/public/', false],
      ['/public/', true],
      ['/optional/', false],
      ['/optional/', true],
      ['/none/', true],
      ['/claims/', true],
      ['/required/', true],
    ] as const) {
      for (const upgrade of ['', handshake]) {
        const what = `${path} ${isSignedIn ? 'with' : 'without'} a session ${upgrade && 'upgrade'}`
        const arrived = application.nextRequest()
        const { socket } = await openConnection(Number(port))
        socket.write(
          `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${isSignedIn ? cookies : ''}${spoofed}${upgrade}\r\n`,
        )
        const { rawHeaders, headers } = await arrived
        socket.destroy()
        t.notMatch(rawHeaders.join('\n'), /mallory/, what)
        t.notMatch(rawHeaders.join('\n'), /(?<!\nVia\n1\.1 )valetkey/i, what)
        const isKnown = isSignedIn && !['/public/', '/none/'].includes(path)
        t.equal(headers['x-forwarded-user'], isKnown ? 'alice' : undefined, what)
        t.equal(headers.authorization?.startsWith('Bearer '), isKnown ? true : undefined, what)
      }
    }
  },
)
