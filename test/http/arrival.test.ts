import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import t from 'tap'
import { createClientFacts } from '../../src/access/forwarded.js'
import { compileRoutes } from '../../src/access/route-table.js'
import { createArrivals } from '../../src/http/arrival.js'
import { bytesGrownOld } from '../helpers/old-bytes.js'

const readArrival = createArrivals({
  routes: compileRoutes([], { basePath: '/oauth2' }),
  clientFacts: createClientFacts({ trustedProxies: [] }),
})
const socket = new Socket()
t.teardown(() => socket.destroy())

function requestOf(url: string): IncomingMessage {
  const request = new IncomingMessage(socket)
  request.method = 'GET'
  request.url = url
  request.rawHeaders = ['Host', 'app.example.com']
  return request
}

t.test('a request is read once', async (t) => {
  const request = requestOf('/page')
  t.equal(readArrival(request).path, '/page')
  t.equal(readArrival(request), readArrival(request))
  t.not(readArrival(requestOf('/page')), readArrival(request))
})

t.test(
  'what was read of a request goes with it, without waiting for a whole collection',
  async (t) => {
    const grown = await bytesGrownOld((time) => {
      for (let request = 0; request < 30; request++)
        readArrival(requestOf(`/page/${time}/${request}`))
    })
    t.ok(grown < 1_000_000, `${grown} bytes of 9,000 requests`)
  },
)
