import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../helpers/free-port.js'
import { corpusRoutes } from './corpus-routes.js'
import { askRaw, makeFolder, type RealServer, runServer, type Teardown } from './real-server.js'

/**
 * Nothing is in the document root, so that each location answers with its name for what it does not find. What is
 * refused before a location was chosen gets the answer that stands outside of them.
 */
const answering = (name: string) => `ErrorDocument 404 "${name}"\n  ErrorDocument 403 "${name}"`

const locations = [
  ['Location', corpusRoutes.root, 'root'],
  ['Location', '/oauth2', 'own'],
  ['Location', corpusRoutes.public, 'public'],
  ['Location', corpusRoutes.admin, 'admin'],
  ['LocationMatch', '^/reports/[^/]+/annual$', 'reports'],
  ['LocationMatch', `^${corpusRoutes.login}$`, 'login'],
  ['Location', '/files/', 'files'],
  ['Location', corpusRoutes.strasse, 'strasse'],
].map(([section, path, name = '']) => `<${section} "${path}">\n  ${answering(name)}\n</${section}>`)

const hosts = {
  default: '',
  keeping: 'MergeSlashes Off\n  AllowEncodedSlashes On',
  undecoded: 'AllowEncodedSlashes NoDecode',
}

/** Apache with its defaults, with slashes that are neither merged nor refused, and with encoded ones left so. */
export async function startApache(t: Teardown): Promise<readonly RealServer[]> {
  const folder = await makeFolder(t, 'apache')
  const port = await freePort()
  await mkdir(join(folder, 'root'))
  const virtualHosts = Object.entries(hosts).map(
    ([name, settings]) => `
<VirtualHost 127.0.0.1:${port}>
  ServerName ${name}
  ${settings}
</VirtualHost>`,
  )
  await writeFile(
    join(folder, 'apache.conf'),
    `ServerRoot ${folder}
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${folder}/apache.pid
DefaultRuntimeDir ${folder}
Mutex file:${folder}
ErrorLog |/bin/cat
LogLevel notice
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
StartServers 1
${process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : ''}
DocumentRoot ${folder}/root
LimitRequestLine 65536
${answering('refused')}
${locations.join('\n')}
${virtualHosts.join('')}
`,
  )
  const command = ['apache2', '-f', join(folder, 'apache.conf'), '-DFOREGROUND'] as const
  // Said after the sockets are open.
  await runServer(t, command, 'resuming normal operations')
  return Object.keys(hosts).map((host) => ({
    name: `Apache, ${host}`,
    servedBy: async (target) => {
      const { status, body } = await askRaw({ host: '127.0.0.1', port }, target, host)
      return (status === 403 || status === 404) && body !== 'refused' ? body : undefined
    },
  }))
}
