import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { systemPath } from '../helpers/system-programs.js'
import { certificate, privateKey } from '../proxy/self-signed.js'

/** A file of deploy/ingress with addresses and certificates of the test; each text must occur in it. */
export async function ingressFile(
  name: string,
  replacements: Readonly<Record<string, string>>,
): Promise<string> {
  const text = await readFile(join('deploy/ingress', name), 'utf8')
  return Object.entries(replacements).reduce((changed, [from, to]) => {
    if (!changed.includes(from)) throw new Error(`${name} has no ${from}`)
    return changed.replaceAll(from, to)
  }, text)
}

/** A folder of the test with the certificate of localhost, in the shapes that servers want. */
export interface CertificateFolder {
  readonly folder: string
  readonly certificate: string
  readonly key: string
  /** Both in one file. */
  readonly both: string
}

export async function certificateFolder(t: Test): Promise<CertificateFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'valetkey-ingress-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await chmod(folder, 0o755)
  const file = async (name: string, content: string) => {
    await writeFile(join(folder, name), content)
    return join(folder, name)
  }
  return {
    folder,
    certificate: await file('certificate.pem', certificate),
    key: await file('key.pem', privateKey),
    both: await file('both.pem', certificate + privateKey),
  }
}

interface Server {
  readonly command: string
  readonly args: readonly string[]
  /** Where it listens once it has read its configuration. */
  readonly port: number
  readonly env?: Record<string, string>
}

/** Starts a web server and waits until it listens; it ends with the test. */
async function start(t: Test, { command, args, port, env }: Server): Promise<void> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: systemPath, ...env },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece) => (said += String(piece)))
  }
  const exited = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGTERM')
    await exited
  })
  // Not every one of these servers says when it listens.
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error(`${command} ended:\n${said}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const listening = new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  })
  return listening.finally(() => socket.destroy())
}

async function write(t: Test, name: string, content: string) {
  const { folder } = await certificateFolder(t)
  const file = join(folder, name)
  await writeFile(file, content)
  return { folder, file }
}

/** nginx with what stands in `http`, as a file in conf.d does. */
export async function startNginx(t: Test, port: number, http: string): Promise<void> {
  const { folder, file: site } = await write(t, 'site.conf', http)
  const temporaryFolders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join('\n')
  const main = join(folder, 'nginx.conf')
  await writeFile(
    main,
    `daemon off;
    master_process off;
    pid ${folder}/nginx.pid;
    events {}
    http { access_log off; ${temporaryFolders} include ${site}; }`,
  )
  await start(t, { command: 'nginx', args: ['-p', folder, '-c', main, '-e', 'stderr'], port })
}

export async function startHaproxy(t: Test, port: number, config: string): Promise<void> {
  const { file } = await write(t, 'haproxy.cfg', config)
  await start(t, { command: 'haproxy', args: ['-db', '-f', file], port })
}

export async function startCaddy(t: Test, port: number, caddyfile: string): Promise<void> {
  const options = '{\n  admin off\n  auto_https disable_redirects\n  skip_install_trust\n}\n'
  const { folder, file } = await write(t, 'Caddyfile', options + caddyfile)
  const env = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
  const args = ['run', '--config', file, '--adapter', 'caddyfile']
  await start(t, { command: 'caddy', args, port, env })
}

/** Apache with a site as in sites-enabled and the modules that the site's header names. */
export async function startApache(t: Test, port: number, site: string): Promise<void> {
  const { folder, file: sites } = await write(t, 'site.conf', site)
  const modules = 'mpm_event authz_core headers proxy proxy_http ssl socache_shmcb'
    .split(' ')
    .map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`)
    .join('\n')
  const main = join(folder, 'apache2.conf')
  await writeFile(
    main,
    `ServerRoot ${folder}
    ServerName localhost
    PidFile ${folder}/apache2.pid
    DefaultRuntimeDir ${folder}
    Mutex file:${folder}
    ErrorLog ${folder}/error.log
    User www-data
    Group www-data
    StartServers 1
    ${modules}
    Listen 127.0.0.1:${port}
    Include ${sites}`,
  )
  await start(t, { command: 'apache2', args: ['-DFOREGROUND', '-f', main], port })
}

/** The Envoy of that path, for which Debian has no package. */
export async function startEnvoy(
  t: Test,
  command: string,
  port: number,
  bootstrap: string,
): Promise<void> {
  const { file } = await write(t, 'envoy.yaml', bootstrap)
  const args = ['--config-path', file, '--concurrency', '1', '--log-level', 'warn']
  await start(t, { command, args: [...args, '--disable-hot-restart'], port })
}
