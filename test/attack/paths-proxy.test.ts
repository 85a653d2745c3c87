import t from 'tap'
import { startAppInProcess } from '../helpers/app-in-process.js'
import { startUpstream } from '../helpers/upstream.js'
import { parseResponse, rawRequest } from '../proxy/raw-request.js'
import { checkPaths } from './check-paths.js'
import { corpusRoutes } from './corpus-routes.js'

const application = await startUpstream((request, response) => {
  response.end(Buffer.from(request.url ?? '', 'latin1'))
})
t.teardown(() => application.close())

const { port } = await startAppInProcess(t, {
  publicUrl: 'https://app.example.com',
  routes: Object.entries(corpusRoutes).map(([name, path]) => ({
    match: { path },
    auth: 'public',
    // The application tells by which route it was reached.
    upstream: `${application.url}/${name}`,
  })),
})

/** Asks by a request on the wire, where line breaks and the outer spaces of a target would not be parts of it. */
async function askProxy(target: string): Promise<string | undefined> {
  if (/[\r\n]|^ | $/.test(target)) return 'refused'
  const text = await rawRequest(
    port,
    `GET ${target} HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n\r\n`,
  )
  const { status, headerLines, body } = parseResponse(text)
  const code = headerLines.find((line) => /^x-valetkey-answer: /i.test(line))?.slice(19)
  if (code !== undefined) return code.startsWith('ERR_REQUEST') ? 'refused' : 'own'
  if (status !== 200) return `${status}`
  const [, name, rest] = /^\/([a-z]+)(.*)$/s.exec(body) ?? []
  const origin = target.replace(/^[a-z]+:\/\/[^/?]*/i, '').replace(/^(?!\/)/, '/')
  return rest === origin ? name : `changed to ${rest}`
}

t.test('HOP-10 on the wire every line of paths.txt arrives by its route, byte for byte', (t) =>
  checkPaths(t, askProxy, { mayRefuseMore: true }),
)
