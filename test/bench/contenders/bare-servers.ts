import { freePort } from '../../helpers/free-port.js'
import { startNginx } from '../harness/bench-upstream.js'
import { findProgram, makeFolder, printed, startProgram } from '../harness/programs.js'
import type { StartContender } from './contender.js'

/** nginx as a proxy and nothing else: about the least that a proxy can cost. */
export const startBareNginx: StartContender = async ({ owner, upstream }) => {
  if (!findProgram('nginx')) return { missing: 'nginx' }
  const port = await freePort()
  const folder = await makeFolder(owner, {})
  const pid = await startNginx(owner, {
    port,
    folder,
    http: `
  client_max_body_size 10m;
  keepalive_requests 1000000000;
  upstream application {
    server 127.0.0.1:${upstream.port};
    keepalive 64;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://application;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
    }
  }`,
  })
  const version = /nginx\/(\S+)/.exec(await printed('nginx', '-v'))?.[1] ?? 'unknown'
  return { name: 'nginx, bare', version, url: `http://127.0.0.1:${port}`, headers: {}, pid }
}

export const startBareHaproxy: StartContender = async ({ owner, upstream }) => {
  if (!findProgram('haproxy')) return { missing: 'haproxy' }
  const port = await freePort()
  const folder = await makeFolder(owner, {
    'haproxy.cfg': `
global
  nbthread 1
  maxconn 8000
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option forwardfor
  http-reuse always
frontend all
  bind 127.0.0.1:${port}
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  default_backend application
backend application
  server only 127.0.0.1:${upstream.port}
`,
  })
  const args = ['-db', '-f', `${folder}/haproxy.cfg`]
  const pid = await startProgram(owner, { command: 'haproxy', args, port })
  const version = /version (\d[\d.]*)/.exec(await printed('haproxy', '-v'))?.[1] ?? 'unknown'
  return { name: 'HAProxy, bare', version, url: `http://127.0.0.1:${port}`, headers: {}, pid }
}

export const startBareCaddy: StartContender = async ({ owner, upstream }) => {
  if (!findProgram('caddy')) return { missing: 'caddy' }
  const port = await freePort()
  const folder = await makeFolder(owner, {
    Caddyfile: `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:${upstream.port} {
    transport http {
      keepalive_idle_conns_per_host 64
    }
  }
}
`,
  })
  const args = ['run', '--config', `${folder}/Caddyfile`, '--adapter', 'caddyfile']
  const env = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
  const pid = await startProgram(owner, { command: 'caddy', args, port, env })
  const version = /v?(\d+\.\d+\.\d+)/.exec(await printed('caddy', 'version'))?.[1] ?? 'unknown'
  return { name: 'Caddy, bare', version, url: `http://127.0.0.1:${port}`, headers: {}, pid }
}
