import t from 'tap'
import { createRequestHeaders } from '../../src/proxy/request-headers.js'

const rules = {
  isReservedHeader: (name: string) =>
    name === 'x-forwarded-access-token' || name === 'x-valetkey-assertion',
  isOwnCookie: (name: string) => name === 'valetkey',
}
const buildRequestHeaders = createRequestHeaders(rules)
const none = { addHeaders: [], passAuthorization: false }

t.test('HOP-1 removes hop-by-hop fields and what Connection lists, in any case', async (t) => {
  const headers = buildRequestHeaders(
    [
      ['Host', 'a'],
      ['Connection', 'keep-alive, X-One'],
      ['connection', ' x-TWO ,'],
      ['x-one', '1'],
      ['X-Two', '2'],
      ['X-Three', '3'],
      ['Keep-Alive', '1'],
      ['Proxy-Connection', '1'],
      ['Proxy-Authorization', 'Basic x'],
      ['TE', 'gzip'],
      ['Transfer-Encoding', 'chunked'],
      ['Transfer_Encoding', 'chunked'],
      ['Upgrade', 'h2c'],
      ['HTTP2-Settings', 'x'],
      ['Expect', '100-continue'],
    ].flat(),
    none,
  )
  t.same(headers, ['Host', 'a', 'X-Three', '3'])
})

t.test('HOP-1 keeps Host whatever Connection lists, and only the first', async (t) => {
  t.same(
    buildRequestHeaders(['Connection', 'host', 'Host', 'a', 'Host', 'b', 'Ho_st', 'c'], none),
    ['Host', 'a', 'Ho_st', 'c'],
  )
})

t.test('HOP-7 says that trailers are welcome when the client says so', async (t) => {
  t.same(buildRequestHeaders(['TE', 'gzip, Trailers', 'Connection', 'TE'], none), [
    'te',
    'trailers',
  ])
})

t.test('HOP-7 announces trailers only where they go on', async (t) => {
  const announced = ['Trailer', 'X-Checksum', 'trailer', 'X-Other']
  const hop = { via: '1.1 v', trace: [] }
  t.same(buildRequestHeaders(announced, none), [])
  t.same(buildRequestHeaders(announced, none, hop), ['Via', '1.1 v'])
  const passing = { ...hop, passesTrailers: true }
  t.same(buildRequestHeaders(announced, none, passing), [...announced, 'Via', '1.1 v'])
  t.same(buildRequestHeaders(['Connection', 'trailer', ...announced], none, passing), [
    'Via',
    '1.1 v',
  ])
})

t.test('SMU-13 removes names that CGI would read as others', async (t) => {
  const spelled = [
    'Content_Length',
    'CONTENT_TYPE',
    'x_valetkey_assertion',
    'X_Forwarded_For',
    'X_Real-IP',
  ]
  for (const name of spelled) t.same(buildRequestHeaders([name, '1'], none), [], name)
  t.same(buildRequestHeaders(['X_Own', '1'], none), ['X_Own', '1'])
})

t.test('FWD-2 removes what the client says about forwarding', async (t) => {
  const claims = [
    'Forwarded',
    'X-Forwarded-For',
    'x-forwarded-proto',
    'X-FORWARDED-HOST',
    'X-Forwarded-Port',
    'X-Real-IP',
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-Original-Method',
  ]
  for (const name of claims) t.same(buildRequestHeaders([name, '1'], none), [], name)
  t.same(
    buildRequestHeaders(['X-Forwarded-For', '6.6.6.6'], {
      ...none,
      addHeaders: ['X-Forwarded-For', '127.0.0.1'],
    }),
    ['X-Forwarded-For', '127.0.0.1'],
  )
})

t.test(
  'passes Authorization only where the plan says so, and never beside an injected one',
  async (t) => {
    const raw = ['Authorization', 'Basic x']
    t.same(buildRequestHeaders(raw, none), [])
    t.same(buildRequestHeaders(raw, { ...none, passAuthorization: true }), raw)
    t.same(
      buildRequestHeaders(raw, {
        addHeaders: ['Authorization', 'Bearer y'],
        passAuthorization: true,
      }),
      ['Authorization', 'Bearer y'],
    )
  },
)

t.test('an added name replaces the client’s even when nobody reserved it', async (t) => {
  t.same(
    buildRequestHeaders(['X_Tenant', '1', 'x-tenant', '2'], {
      ...none,
      addHeaders: ['X-Tenant', '3'],
    }),
    ['X-Tenant', '3'],
  )
})

t.test('CK-8 handles each Cookie field by itself', async (t) => {
  t.same(
    buildRequestHeaders(
      ['Cookie', 'valetkey=1', 'cookie', 'a=1;valetkey=2;b', 'COOKIE', 'c="d; e"'],
      none,
    ),
    ['cookie', 'a=1;b', 'COOKIE', 'c="d; e"'],
  )
})
