import { freePort } from '../../helpers/free-port.js'
import { startNginx } from './bench-upstream.js'
import type { Owner } from './owner.js'
import { makeFolder } from './programs.js'

/** The nginx of somebody who asks Valetkey before each request and forwards by itself. */
export interface AuthRequestNginx {
  readonly url: string
  /** The same nginx, where it forwards and asks nobody. */
  readonly unaskedUrl: string
  readonly pid: number
}

const always = 1_000_000_000

/** `publicUrl` is Valetkey's, which stands for the address that people use. */
export async function startAuthRequestNginx(
  owner: Owner,
  publicUrl: string,
  application: { readonly port: number },
): Promise<AuthRequestNginx> {
  const { host, port: valetkeyPort } = new URL(publicUrl)
  const [port, unaskedPort] = [await freePort(), await freePort()]
  const pid = await startNginx(owner, {
    port,
    folder: await makeFolder(owner, {}),
    http: `
  keepalive_requests ${always};
  upstream valetkey { server 127.0.0.1:${valetkeyPort}; keepalive 64; keepalive_requests ${always}; }
  upstream application { server 127.0.0.1:${application.port}; keepalive 64; keepalive_requests ${always}; }
  proxy_http_version 1.1;
  proxy_buffer_size 64k;
  proxy_buffers 8 64k;
  proxy_set_header Host ${host};
  proxy_set_header Connection "";
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      auth_request /oauth2/auth;
      auth_request_set $user $upstream_http_x_auth_request_user;
      auth_request_set $bearer $upstream_http_authorization;
      proxy_set_header Host ${host};
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-User $user;
      proxy_set_header Authorization $bearer;
      proxy_pass http://application;
    }
    location = /oauth2/auth {
      internal;
      proxy_pass http://valetkey;
      proxy_pass_request_body off;
      proxy_set_header Host ${host};
      proxy_set_header Connection "";
      proxy_set_header Content-Length "";
      proxy_set_header X-Original-URL http://${host}$request_uri;
      proxy_set_header X-Original-Method $request_method;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto http;
      proxy_set_header X-Forwarded-Host ${host};
    }
  }
  server {
    listen 127.0.0.1:${unaskedPort} backlog=4096;
    location / { proxy_pass http://application; }
  }`,
  })
  return {
    url: `http://127.0.0.1:${port}`,
    unaskedUrl: `http://127.0.0.1:${unaskedPort}`,
    pid,
  }
}
