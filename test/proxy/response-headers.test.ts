import t from 'tap'
import { buildResponseTrailers, createResponseHeaders } from '../../src/proxy/response-headers.js'

const rules = {
  isAnswerHeader: (name: string) => name === 'x-valetkey-answer',
  isOwnCookie: (name: string) => name === 'valetkey',
}

t.test('HOP-2 removes hop-by-hop fields and keeps the rest as it is', async (t) => {
  t.same(
    createResponseHeaders(rules)(
      [
        ['Connection', 'X-Secret'],
        ['x-secret', '1'],
        ['Transfer-Encoding', 'chunked'],
        ['Upgrade', 'h2c'],
        ['X-Valetkey-Answer', 'x'],
        ['Set-Cookie', 'a=1'],
        ['ETag', 'W/"1"'],
        ['set-cookie', 'valetkey=1'],
        ['Set-Cookie', 'b=2'],
      ].flat(),
    ),
    ['Set-Cookie', 'a=1', 'ETag', 'W/"1"', 'Set-Cookie', 'b=2'],
  )
})

t.test(
  'HOP-7 HOP-2 lets no field into the trailers that changes how a message is read',
  async (t) => {
    t.same(
      buildResponseTrailers(
        [
          ['Grpc-Status', '0'],
          ['Content-Length', '1'],
          ['Transfer-Encoding', 'chunked'],
          ['set-cookie', 'a=b'],
          ['X-Valetkey-Answer', 'x'],
          ['grpc-message', ''],
        ].flat(),
        rules,
      ),
      [
        ['Grpc-Status', '0'],
        ['grpc-message', ''],
      ],
    )
  },
)
