import { freePort } from '../../helpers/free-port.js'
import type { Owner } from './owner.js'
import { makeFolder, startProgram } from './programs.js'

/** The application behind all proxies: an nginx that costs next to nothing. */
export interface BenchUpstream {
  readonly port: number
  readonly url: string
}

/** What its paths answer with, in bytes; `/upload` takes a body and answers like `/small`. */
export const smallAnswer = '{"status":"ok","items":[1,2,3],"message":"a small answer in JSON"}'

/** Starts it with `/small`, `/10k`, `/1m` and `/upload`. */
export async function startBenchUpstream(owner: Owner): Promise<BenchUpstream> {
  const port = await freePort()
  const folder = await makeFolder(owner, {
    '10k': Buffer.alloc(10 * 1024, 'x'),
    '1m': Buffer.alloc(1024 * 1024, 'x'),
  })
  await startNginx(owner, {
    port,
    folder,
    http: `
  client_body_buffer_size 2m;
  client_max_body_size 10m;
  keepalive_requests 1000000000;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    root ${folder};
    default_type application/octet-stream;
    location / { default_type application/json; return 200 '${smallAnswer}'; }
    location = /10k {}
    location = /1m {}
    location = /upload {
      proxy_pass http://127.0.0.1:${port}/small;
      proxy_method GET;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
    }
  }`,
  })
  return { port, url: `http://127.0.0.1:${port}` }
}

/** Starts an nginx of one process with what stands in `http`, and gives its process id. */
export async function startNginx(
  owner: Owner,
  options: { readonly port: number; readonly folder: string; readonly http: string },
): Promise<number> {
  const { port, folder, http } = options
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join(' ')
  const config = `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
worker_rlimit_nofile 20000;
events { worker_connections 8192; }
http {
  access_log off;
  ${temporary}
  ${http}
}`
  const files = await makeFolder(owner, { 'nginx.conf': config })
  const args = ['-p', folder, '-c', `${files}/nginx.conf`, '-e', 'stderr']
  return startProgram(owner, { command: 'nginx', args, port })
}
