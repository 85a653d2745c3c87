import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { corpusRoutes } from './corpus-routes.js'
import { askRaw, makeFolder, type RealServer, runServer, type Teardown } from './real-server.js'

const locations = [
  ['/oauth2/', 'own'],
  ['= /oauth2', 'own'],
  [corpusRoutes.public, 'public'],
  [corpusRoutes.admin, 'admin'],
  ['~ ^/reports/[^/]+/annual$', 'reports'],
  [`= ${corpusRoutes.login}`, 'login'],
  ['/files/', 'files'],
  [corpusRoutes.strasse, 'strasse'],
  [corpusRoutes.root, 'root'],
].map(([location, name]) => `location ${location} { return 200 "${name}"; }`)

/** nginx, with and without merging slashes. */
export async function startNginx(t: Teardown): Promise<readonly RealServer[]> {
  const folder = await makeFolder(t, 'nginx')
  const path = join(folder, 'nginx.sock')
  const server = (name: string, mergeSlashes: string) => `
  server {
    listen unix:${path};
    server_name ${name};
    merge_slashes ${mergeSlashes};
    large_client_header_buffers 4 64k;
    ${locations.join('\n    ')}
  }`
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr notice;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join('\n  ')}
  ${server('merging', 'on')}
  ${server('keeping', 'off')}
}`,
  )
  const command = ['nginx', '-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'] as const
  // Said after the sockets are open.
  await runServer(t, command, 'event method')
  return ['merging', 'keeping'].map((host) => ({
    name: `nginx ${host} slashes`,
    servedBy: async (target) => {
      const { status, body } = await askRaw({ path }, target, host)
      return status === 200 ? body : undefined
    },
  }))
}
