import { createServer } from 'node:http'
import { listenOnLoopback } from '../helpers/listen.js'
import { corpusRoutes } from './corpus-routes.js'
import { askRaw, type RealServer, type Teardown } from './real-server.js'

/** Two common ways of an application to find the path that it was asked for; the first leaves it encoded. */
const readers = {
  'new URL()': (url: string) =>
    new URL(url, 'http://app.example.com').pathname.replaceAll(/%c3%9f/gi, 'ß'),
  'decodeURIComponent()': (url: string) => decodeURIComponent(url.split('?')[0] ?? ''),
}

function locationOf(path: string): string {
  if (path === '/oauth2' || path.startsWith('/oauth2/')) return 'own'
  if (path.startsWith(corpusRoutes.public)) return 'public'
  if (path.startsWith(corpusRoutes.admin)) return 'admin'
  if (/^\/reports\/[^/]+\/annual$/.test(path)) return 'reports'
  if (path === corpusRoutes.login) return 'login'
  if (path.startsWith('/files/')) return 'files'
  return path.startsWith(corpusRoutes.strasse) ? 'strasse' : 'root'
}

/** Applications on node:http that route by themselves, each reading paths in its way. */
export async function startNodeServers(t: Teardown): Promise<readonly RealServer[]> {
  return Promise.all(Object.entries(readers).map(([name, read]) => startNodeServer(t, name, read)))
}

async function startNodeServer(
  t: Teardown,
  name: string,
  read: (url: string) => string,
): Promise<RealServer> {
  const server = createServer((request, response) => {
    try {
      response.end(locationOf(read(request.url ?? '')))
    } catch {
      response.writeHead(400).end()
    }
  })
  const port = await listenOnLoopback(t, server)
  return {
    name: `Node with ${name}`,
    servedBy: async (target) => {
      const where = { host: '127.0.0.1', port }
      const { status, body } = await askRaw(where, target, 'app.example.com')
      return status === 200 ? body : undefined
    },
  }
}
