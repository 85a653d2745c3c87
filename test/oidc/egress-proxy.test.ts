import { readFileSync } from 'node:fs'
import { createServer as createTlsServer } from 'node:https'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { createProxyChoice } from '../../src/oidc/egress-proxy.js'
import { createRelyingParty } from '../../src/oidc/relying-party.js'
import { createAuthority } from '../helpers/certificates.js'
import { providerConfig } from '../helpers/provider-config.js'
import { logger, neededClaims } from './real-login.js'

const proxy = 'http://proxy.example.com:3128'
const https = (env: NodeJS.ProcessEnv) => createProxyChoice(env)(new URL('https://idp.example.com'))

t.test('X12 the scheme of a URL tells which proxy leads to it', async (t) => {
  const proxyFor = createProxyChoice({ HTTPS_PROXY: proxy, HTTP_PROXY: 'http://other.example.com' })
  t.equal(proxyFor(new URL('https://idp.example.com/token')), proxy)
  t.equal(proxyFor(new URL('http://idp.example.com/token')), 'http://other.example.com')
  t.equal(createProxyChoice({})(new URL('https://idp.example.com/')), undefined)
  t.equal(createProxyChoice({ HTTPS_PROXY: '' })(new URL('https://idp.example.com/')), undefined)
  t.equal(https({ https_proxy: proxy, HTTPS_PROXY: 'http://b.example' }), proxy, 'lower case first')
  t.equal(https({ HTTPS_PROXY: 'proxy.example.com:3128' }), proxy, 'http:// may be left out')
  t.equal(https({ HTTP_PROXY: proxy }), undefined)
})

t.test('X12 a proxy that is none is an error that does not show it', async (t) => {
  for (const value of ['socks5://u:s3cret@proxy.example.com', 'http://', 'http://u:s3cret@:']) {
    try {
      createProxyChoice({ HTTPS_PROXY: value })
      t.fail(value)
    } catch (error) {
      t.match(error, { code: 'ERR_PROVIDER_CONFIGURATION', message: /^HTTPS_PROXY/ })
      t.notMatch(String(error), 's3cret')
    }
  }
})

const exceptions: [entry: string, url: string, isExcepted: boolean][] = [
  ['*', 'https://idp.example.com', true],
  ['example.com', 'https://idp.example.com', true],
  ['.example.com', 'https://idp.example.com', true],
  ['*.example.com', 'https://IDP.example.com', true],
  ['ample.com', 'https://idp.example.com', false],
  ['idp.example.com', 'https://example.com', false],
  ['other.example, idp.example.com', 'https://idp.example.com', true],
  ['idp.example.com:443', 'https://idp.example.com', true],
  ['idp.example.com:8443', 'https://idp.example.com', false],
  ['10.1.2.3', 'https://10.1.2.3', true],
  ['10.0.0.0/8', 'https://10.1.2.3', true],
  ['10.0.0.0/8:8443', 'https://10.1.2.3:8443', true],
  ['10.0.0.0/8', 'https://11.1.2.3', false],
  ['10.0.0.0/99', 'https://10.1.2.3', false],
  ['fd00::/8', 'https://[fd00::1]', true],
  ['fd00::1', 'https://[fd00::1]', true],
  ['[fd00::1]:443', 'https://[fd00::1]', true],
  ['', 'https://localhost', true],
  ['', 'https://127.0.0.1', true],
  ['', 'https://[::1]', true],
  ['', 'https://idp.localhost', true],
  ['', 'https://idp.example.com', false],
]
for (const [entry, url, isExcepted] of exceptions) {
  const title = `${url} ${isExcepted ? 'does not go' : 'goes'} through the proxy`
  t.test(`X12 NO_PROXY '${entry}': ${title}`, async (t) => {
    const found = createProxyChoice({ HTTPS_PROXY: proxy, NO_PROXY: entry })(new URL(url))
    t.equal(found, isExcepted ? undefined : proxy)
  })
}

/** A provider that no resolver knows, so that only the proxy leads to it. */
async function startBehindProxy(t: Test, answerConnect: 'tunnel' | 'refuse') {
  const issuer = 'https://idp.example.test'
  const authority = await createAuthority(t.testdir())
  const { certFile, keyFile } = await authority.issue('idp', 'DNS:idp.example.test')
  const documents: Record<string, unknown> = {
    '/.well-known/openid-configuration': {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
    },
    '/jwks': { keys: [] },
  }
  const tls = { cert: readFileSync(certFile), key: readFileSync(keyFile) }
  const server = createTlsServer(tls, ({ url = '' }, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(documents[url]))
  })
  const tunnels: (string | undefined)[][] = []
  const sockets = new Set<Socket>()
  const proxyServer = createServer()
  proxyServer.on('connect', (request, client: Socket) => {
    tunnels.push([request.url, request.headers['proxy-authorization']])
    sockets.add(client.on('error', () => undefined))
    if (answerConnect === 'refuse') {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n')
      return
    }
    const target = connect(portOf(server), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      client.pipe(target).pipe(client)
    })
    sockets.add(target.on('error', () => undefined))
  })
  for (const each of [server, proxyServer]) {
    each.listen(0, '127.0.0.1')
    await once(each, 'listening')
  }
  const config = providerConfig({ issuer, tls: { caFile: authority.caFile } })
  const host = `127.0.0.1:${portOf(proxyServer)}`
  const party = createRelyingParty(config, {
    neededClaims,
    logger,
    env: { HTTPS_PROXY: `http://user:s3cret@${host}` },
  })
  t.teardown(() => {
    party.stop()
    for (const socket of sockets) socket.destroy()
    server.close()
    proxyServer.close()
  })
  return { party, tunnels, host }
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  return address.port
}

t.test('X12 the calls to the provider go through the proxy, in TLS to the end', async (t) => {
  const { party, tunnels } = await startBehindProxy(t, 'tunnel')
  await party.checkOnline()
  t.strictSame(tunnels[0], [
    'idp.example.test:443',
    `Basic ${Buffer.from('user:s3cret').toString('base64')}`,
  ])
})

t.test('X12 a proxy that refuses is named, but not its password', async (t) => {
  const { party, host } = await startBehindProxy(t, 'refuse')
  const failure = await party.checkOnline().then(
    () => undefined,
    (error: unknown) => String(error),
  )
  t.match(failure, `through the proxy ${host}: Proxy response (407)`)
  t.notMatch(failure, 's3cret')
})
