// Starts a provider, a sample application and Valetkey before it, all on this machine, and prints the address
// to open. Ctrl-C ends everything.
import { fork, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parse, stringify } from 'yaml'
import { choosePort } from './choose-port.mjs'
import { people } from './people.mjs'

const here = import.meta.dirname
const command = join(here, '../../dist/main.js')
const startDeadlineMs = 20_000

const children = new Map()
const stopping = new AbortController()

/** Keeps a child until the end; one that ends before that ends the demo. */
function keep(name, child) {
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    said = (said + text).slice(-4000)
  })
  child.once('exit', (code, signal) => {
    children.delete(name)
    if (stopping.signal.aborted) return
    process.stderr.write(`${said}\n${name} ended by itself (${signal ?? code}).\n`)
    void stop(1)
  })
  children.set(name, child)
  return child
}

/** Runs a part of the demo, resolves when it listens. */
async function startPart(name, file, env) {
  const part = fork(join(here, file), {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    detached: true,
  })
  await once(keep(name, part), 'message')
}

/** The environment less what would override the demo's configuration. */
function cleanEnvironment() {
  const entries = Object.entries(process.env)
  return Object.fromEntries(entries.filter(([name]) => !/^VALETKEY_(?!LOG_LEVEL$)/.test(name)))
}

function startValetkey(file, clientSecret) {
  const env = {
    VALETKEY_LOG_LEVEL: 'warn',
    ...cleanEnvironment(),
    VALETKEY_CLIENT_SECRET: clientSecret,
  }
  const stdio = ['ignore', 'inherit', 'inherit']
  // In a process group of its own, so that Ctrl-C reaches it once, from here.
  const args = [command, 'serve', '--config', file]
  keep('Valetkey', spawn(process.execPath, args, { env, stdio, detached: true }))
}

async function waitUntilReady(readyUrl) {
  const deadline = Date.now() + startDeadlineMs
  while (!stopping.signal.aborted) {
    const response = await fetch(readyUrl).catch(() => undefined)
    if (response?.ok) return
    if (Date.now() > deadline) throw new Error(`Valetkey is not ready: ${await response?.text()}`)
    await wait(50)
  }
}

/** The demo's configuration with the ports that are free. */
async function configure(ports) {
  const config = parse(await readFile(join(here, 'valetkey.yaml'), 'utf8'))
  config.publicUrl = `http://localhost:${ports.valetkey}`
  config.listen = `127.0.0.1:${ports.valetkey}`
  config.admin = { listen: `127.0.0.1:${ports.admin}` }
  config.providers[0].issuer = `http://127.0.0.1:${ports.provider}`
  for (const route of config.routes) route.upstream = `http://127.0.0.1:${ports.application}`
  return config
}

const folder = await mkdtemp(join(tmpdir(), 'valetkey-demo-'))

async function stop(code) {
  if (stopping.signal.aborted) return
  stopping.abort()
  const running = [...children.values()]
  const ended = running.map((child) => once(child, 'exit'))
  for (const child of running) child.kill('SIGINT')
  await Promise.all(ended)
  await rm(folder, { recursive: true, force: true })
  process.exit(code)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop(0))

async function start() {
  const ports = {
    valetkey: await choosePort(4180),
    provider: await choosePort(4181),
    application: await choosePort(4182),
    admin: await choosePort(44180),
  }
  const config = await configure(ports)
  const file = join(folder, 'valetkey.yaml')
  await writeFile(file, stringify(config))
  const clientSecret = randomBytes(32).toString('base64url')

  await startPart('The application', 'application.mjs', { DEMO_PORT: String(ports.application) })
  await startPart('The provider', 'provider.mjs', {
    DEMO_ISSUER: config.providers[0].issuer,
    DEMO_PROVIDER_LISTEN: `127.0.0.1:${ports.provider}`,
    DEMO_PUBLIC_URL: config.publicUrl,
    DEMO_CLIENT_SECRET: clientSecret,
  })
  startValetkey(file, clientSecret)
  await waitUntilReady(`http://${config.admin.listen}/readyz`)
  return config
}

function describe({ publicUrl }) {
  const who = [...people.values()].map(({ login, groups }) => `  ${login} (${groups.join(', ')})`)
  return `
Valetkey stands before a sample application. Open

  ${publicUrl}

and sign in, without a password, as one of
${who.join('\n')}

Everybody may read ${publicUrl}/public/, and only admins ${publicUrl}/admin/.
Access tokens live for a minute here; reload after that to see a new one. Ctrl-C ends the demo.
`
}

try {
  const config = await start()
  if (!stopping.signal.aborted) process.stdout.write(describe(config))
} catch (error) {
  process.stderr.write(`The demo could not start: ${error.message}\n`)
  await stop(1)
}
