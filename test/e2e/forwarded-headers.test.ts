import t from 'tap'
import { startAppInProcess } from '../helpers/app-in-process.js'
import { startProvider } from '../helpers/provider.js'
import { startUpstream } from '../helpers/upstream.js'
import { openConnection, parseResponse, rawRequest } from '../proxy/raw-request.js'

const provider = await startProvider()
t.teardown(() => provider.stop())
const application = await startUpstream()
t.teardown(() => application.close())

const start = (trustedProxies: string[]) =>
  startAppInProcess(t, {
    publicUrl: 'https://app.example.com',
    trustedProxies,
    providers: [
      {
        id: 'corp',
        name: 'Corporate login',
        issuer: provider.issuer,
        clientId: provider.clientId,
        clientSecret: provider.clientSecret,
      },
    ],
    routes: [
      { match: { path: '/public/' }, auth: 'public', upstream: application.url },
      { match: { path: '/' }, upstream: application.url },
    ],
  })
const trustsNobody = await start([])
const trustsPeer = await start(['127.0.0.1'])

/** Everything by which a client could say where it comes from or what it asks for. */
const claims = [
  'Forwarded: for=mallory;host=mallory.example;proto=http',
  'X-Forwarded-For: mallory',
  'X-Forwarded-Proto: http',
  'X-Forwarded-Host: mallory.example',
  'X-Forwarded-Port: 6666',
  'X-Forwarded-Uri: /mallory',
  'X-Forwarded-Method: MALLORY',
  'X-Forwarded-Prefix: /mallory',
  'X-Forwarded: mallory',
  'X-Real-IP: mallory',
  'X-Original-URL: /mallory',
  'X-Original-URI: /mallory',
  'X-Original-Method: MALLORY',
  'X-Original-Host: mallory.example',
  'X-Rewrite-URL: /mallory',
  'X-Envoy-Original-Path: /mallory',
  'X-Host: mallory.example',
  'Client-IP: mallory',
  'True-Client-IP: mallory',
  'CF-Connecting-IP: mallory',
].flatMap((line) => {
  const [name = '', value = ''] = line.split(': ')
  return [line, `${name.toLowerCase().replaceAll('-', '_')}: ${value}`].map((each) => `${each}\r\n`)
})

const host = 'app.example.com'
const handshake =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

/** What the application gets of a request with these header lines besides `Host`. */
async function arriving(port: number, lines: string): Promise<readonly string[]> {
  const arrived = application.nextRequest()
  const { socket } = await openConnection(port)
  socket.write(`GET /public/ HTTP/1.1\r\nHost: ${host}\r\n${lines}\r\n`)
  const { rawHeaders } = await arrived
  socket.destroy()
  return rawHeaders
}

const forwarding = (rawHeaders: readonly string[]) =>
  rawHeaders.filter((_, at) => /^x-(forwarded-|real-ip)/i.test(rawHeaders[at - (at % 2)] ?? ''))

t.test('FWD-2 an application never sees what a client invented', async (t) => {
  for (const upgrade of ['', handshake]) {
    const rawHeaders = await arriving(trustsNobody.port, claims.join('') + upgrade)
    t.notMatch(rawHeaders.join('\n'), /mallory|6666/i)
    t.same(
      forwarding(rawHeaders),
      [
        ['X-Forwarded-For', '127.0.0.1'],
        ['X-Forwarded-Proto', 'https'],
        ['X-Forwarded-Host', host],
        ['X-Forwarded-Port', '443'],
        ['X-Real-IP', '127.0.0.1'],
      ].flat(),
    )
  }
})

t.test('FWD-1 FWD-3 what a trusted proxy says, the application gets', async (t) => {
  const said = 'X-Forwarded-For: 6.6.6.6, 198.51.100.1\r\nX-Forwarded-Proto: http\r\n'
  const where = 'X-Forwarded-Host: www.example.com\r\nX-Forwarded-Port: 8080\r\n'
  const spoofed = claims
    .filter((line) => !/^x-forwarded-(for|proto|host|port)/i.test(line))
    .join('')
  const expected = [
    ['X-Forwarded-For', '198.51.100.1, 127.0.0.1'],
    ['X-Forwarded-Proto', 'http'],
    ['X-Forwarded-Host', 'www.example.com'],
    ['X-Forwarded-Port', '8080'],
    ['X-Real-IP', '198.51.100.1'],
  ].flat()
  const rawHeaders = await arriving(trustsPeer.port, said + where + spoofed)
  t.same(forwarding(rawHeaders), expected)
  t.notMatch(rawHeaders.join('\n'), /mallory|6\.6\.6\.6/i)
  const standard =
    'Forwarded: for=6.6.6.6, for=198.51.100.1;proto=http;host="www.example.com:8080"\r\n'
  t.same(
    forwarding(await arriving(trustsPeer.port, standard)),
    expected.map((text) => (text === 'www.example.com' ? `${text}:8080` : text)),
  )
})

const asNavigation = 'Accept: text/html\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n'

/** What of the answer depends on where the browser is believed to be. */
async function answerTo(port: number, path: string, lines: string) {
  const text = await rawRequest(
    port,
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${lines}\r\n`,
  )
  const { status, headerLines, body } = parseResponse(text)
  const withoutSecrets = (line: string) =>
    line
      .replaceAll(/(state|nonce|code_challenge)=[^&;]*/g, '$1=')
      .replace(/(-login-)[^=]*=[^;]*/, '$1')
      .replace('location: /', `location: https://${host}/`)
  return {
    status,
    lines: headerLines.filter((line) => /^(location|set-cookie):/i.test(line)).map(withoutSecrets),
    loginUrl: /"login_url":"([^"]*)"/.exec(body)?.[1],
  }
}

t.test('FWD-4 redirect URI and cookies depend on the public URL alone', async (t) => {
  for (const [path, lines] of [
    ['/oauth2/start?rd=/a', asNavigation],
    ['/a', asNavigation],
    ['/a', 'Accept: application/json\r\n'],
  ] as const) {
    const plain = await answerTo(trustsNobody.port, path, lines)
    t.not(plain.status, 400, path)
    for (const { port } of [trustsNobody, trustsPeer]) {
      const spoofed = await answerTo(port, path, lines + claims.join(''))
      t.same(spoofed, plain, path)
    }
  }
  const { lines } = await answerTo(trustsPeer.port, '/oauth2/start', claims.join(''))
  const redirectUri = encodeURIComponent('https://app.example.com/oauth2/callback')
  t.match(lines.join('\n'), `redirect_uri=${redirectUri}`)
  t.match(lines.join('\n'), /set-cookie: __Host-valetkey-login-.*; Secure/i)
})
