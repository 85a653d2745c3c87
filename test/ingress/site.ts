import { connect } from 'node:tls'
import type { Test } from 'tap'
import { freePort } from '../helpers/free-port.js'
import { createJarFetch, type JarFetch } from '../helpers/jar-fetch.js'
import { startRedis, type RedisServer } from '../helpers/redis-server.js'
import { startStack, type Stack } from '../helpers/stack.js'
import { startUpstream, type Upstream } from '../helpers/upstream.js'
import { parseResponse, type RawResponse } from '../proxy/raw-request.js'
import { certificate } from '../proxy/self-signed.js'
import { startApache, startNginx } from './servers.js'

const adminToken = 'operator-token-of-the-tests'

/** What an ingress needs to know to stand before Valetkey. */
export interface Addresses {
  /** Where the ingress listens with TLS. */
  readonly port: number
  readonly valetkey: string
  readonly admin: string
  /** The web server of the application, as `127.0.0.1:<port>`. */
  readonly application: string
}

/** A public https URL at a real ingress, with Valetkey, a provider, a Redis and an application behind it. */
export interface Site {
  readonly publicUrl: string
  readonly provider: Stack['provider']
  readonly redis: RedisServer
  /** What stands behind the application's web server; it echoes. */
  readonly application: Upstream
  /** A user agent that takes the certificate of the ingress. */
  newClient(): JarFetch
  /** Sends exactly these bytes to the ingress and gives the answer. */
  ask(bytes: string): Promise<RawResponse>
  /** Ends all sessions of a person, as an operator does. */
  endSessionsOf(sub: string): Promise<void>
  killValetkey(): Promise<void>
}

export interface SiteOptions {
  /** The web server of the application. */
  readonly webServer: 'nginx' | 'apache'
  /** Over the defaults of Valetkey's configuration. */
  readonly config?: Record<string, unknown>
  readonly startIngress: (t: Test, addresses: Addresses) => Promise<void>
}

export async function startSite(t: Test, options: SiteOptions): Promise<Site> {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const application = await startUpstream()
  t.teardown(() => application.close())
  const upstream = await startWebServer(t, application, options.webServer)
  const port = await freePort()
  const publicUrl = `https://localhost:${port}`
  const stack = await startStack(t, {
    redis,
    // Lasts a refresh or two of each journey, so that all of them are refreshed in the middle.
    provider: { accessTokenTtlSeconds: 2 },
    session: { staleOnStoreError: '0s' },
    config: {
      publicUrl,
      trustedProxies: ['127.0.0.1/32'],
      admin: { listen: '127.0.0.1:0', token: adminToken },
      routes: [
        { match: { path: '/public/' }, auth: 'public', upstream },
        { match: { path: '/admin/' }, require: { groups: ['admins'] }, upstream },
        { match: { path: '/' }, upstream },
      ],
      ...options.config,
    },
  })
  const { provider, valetkey } = stack
  provider.redirectUris.add(`${publicUrl}/oauth2/callback`)
  provider.postLogoutRedirectUris.add(`${publicUrl}/oauth2/signed_out`)
  await options.startIngress(t, {
    port,
    valetkey: new URL(valetkey.url).host,
    admin: new URL(valetkey.adminUrl).host,
    application: new URL(upstream).host,
  })
  return {
    publicUrl,
    provider,
    redis,
    application,
    newClient: () => createJarFetch({ ca: certificate }),
    ask: (bytes) => askOverTls(port, bytes),
    killValetkey: () => valetkey.kill(),
    async endSessionsOf(sub) {
      const headers = { authorization: `Bearer ${adminToken}` }
      const url = `${valetkey.adminUrl}/sessions?sub=${sub}`
      const ended = await fetch(url, { method: 'DELETE', headers })
      if (!ended.ok) throw new Error(`${ended.status} ${await ended.text()}`)
    },
  }
}

/** A web server that serves the application, and says from which of its locations. */
async function startWebServer(
  t: Test,
  application: Upstream,
  kind: 'nginx' | 'apache',
): Promise<string> {
  const port = await freePort()
  if (kind === 'nginx') {
    const location = (path: string, name: string) =>
      `location ${path} {
        proxy_pass ${application.url};
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
        proxy_set_header X-Location ${name};
      }`
    await startNginx(
      t,
      port,
      `map $http_upgrade $connection_upgrade { default upgrade; '' close; }
      server { listen 127.0.0.1:${port}; underscores_in_headers on;
        ${location('/public/', 'public')} ${location('/admin/', 'admin')} ${location('/', 'root')} }`,
    )
  } else {
    await startApache(
      t,
      port,
      `AllowEncodedSlashes NoDecode
      ProxyPreserveHost On
      ProxyAddHeaders Off
      ProxyPass / ${application.url}/ nocanon upgrade=websocket
      RequestHeader set X-Location root
      <Location /public/>
        RequestHeader set X-Location public
      </Location>
      <Location /admin/>
        RequestHeader set X-Location admin
      </Location>`,
    )
  }
  return `http://127.0.0.1:${port}`
}

async function askOverTls(port: number, bytes: string): Promise<RawResponse> {
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: certificate })
  socket.setEncoding('latin1')
  socket.write(bytes, 'latin1')
  let answer = ''
  for await (const piece of socket) answer += String(piece)
  return parseResponse(answer)
}
