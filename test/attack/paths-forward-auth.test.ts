import t from 'tap'
import { startAppInProcess } from '../helpers/app-in-process.js'
import { freePort } from '../helpers/free-port.js'
import { startProvider } from '../helpers/provider.js'
import { signIn } from '../helpers/stack.js'
import { parseResponse, rawRequest } from '../proxy/raw-request.js'
import { checkPaths } from './check-paths.js'
import { corpusRoutes } from './corpus-routes.js'

t.setTimeout(120_000)

const provider = await startProvider()
t.teardown(() => provider.stop())
const { issuer, clientId, clientSecret, redirectUris } = provider
const port = await freePort()
const host = `localhost:${port}`
redirectUris.add(`http://${host}/oauth2/callback`)

await startAppInProcess(t, {
  publicUrl: `http://${host}`,
  listen: `127.0.0.1:${port}`,
  trustedProxies: ['127.0.0.1'],
  providers: [{ id: 'corp', issuer, clientId, clientSecret }],
  routes: Object.entries(corpusRoutes).map(([name, path]) => ({
    match: { path },
    upstream: 'http://127.0.0.1:9',
    // Of what the ingress is told, this names the route.
    forward: { assertion: { audience: name } },
  })),
})
const { client } = await signIn({ publicUrl: `http://${host}` }, 'alice', {
  path: '/oauth2/start?rd=/oauth2/sessions',
})
const cookie = client.cookieFor(`http://${host}`)

const conventions: Record<string, (target: string) => readonly string[]> = {
  '/oauth2/auth': (target) => [`X-Original-URL: http://${host}${target}`, 'X-Original-Method: GET'],
  '/oauth2/forward-auth': (target) => [
    `X-Forwarded-Uri: ${target}`,
    'X-Forwarded-Method: GET',
    `X-Forwarded-Host: ${host}`,
  ],
}

/** Asks as an ingress does; what no header can hold, or would lose at its ends, an ingress cannot ask. */
async function askByHeaders(endpoint: string, lines: readonly string[]): Promise<string> {
  if (lines.some((line) => /[\0\r\n]|: .*[ \t]$|: [ \t]/.test(line))) return 'refused'
  const text = await rawRequest(
    port,
    [
      `GET ${endpoint} HTTP/1.1`,
      `Host: ${host}`,
      `Cookie: ${cookie}`,
      'Connection: close',
      ...lines,
      '\r\n',
    ].join('\r\n'),
  )
  const { status, headerLines } = parseResponse(text)
  if ([400, 403, 404, 431].includes(status)) return 'refused'
  const assertion = headerLines.find((line) => /^x-valetkey-assertion: /i.test(line)) ?? ''
  const claims: unknown = JSON.parse(
    Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString() || '{}',
  )
  const isNamed = typeof claims === 'object' && claims !== null && 'aud' in claims
  return isNamed ? String(claims.aud) : `${status} without an assertion`
}

for (const [endpoint, linesFor] of Object.entries(conventions)) {
  t.test(`HOP-10 ING-1 ING-2 ${endpoint} takes every line of paths.txt by its route`, (t) =>
    checkPaths(
      t,
      // What has no path at all, an ingress has refused before it asks.
      (target) => (/^(\?|$)/.test(target) ? 'refused' : askByHeaders(endpoint, linesFor(target))),
      { mayRefuseMore: true },
    ),
  )
}
