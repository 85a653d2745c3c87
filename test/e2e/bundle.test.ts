import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { startBundle } from '../helpers/bundle-process.js'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { startProvider } from '../helpers/provider.js'
import { asNavigation } from '../helpers/stack.js'
import { withoutPreloads } from '../helpers/without-preloads.js'

const run = promisify(execFile)
const { PATH = '' } = process.env

const folder = await mkdtemp(join(tmpdir(), 'valetkey-bundle-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))

// Far from the repository, so that no node_modules is anywhere above.
await run(...withoutPreloads(process.execPath, 'deploy/bundle.mjs', join(folder, 'image')))
const script = join(folder, 'image/valetkey.mjs')
const cwd = join(folder, 'empty')
await mkdir(cwd)

const runBundle = (args: string[], env: Record<string, string> = {}) =>
  run(...withoutPreloads(process.execPath, script, ...args), { cwd, env: { PATH, ...env } })

t.test('the image holds a script with its chunks, and the licences of what is in it', async (t) => {
  t.same((await readdir(join(folder, 'image'))).toSorted(), [
    'THIRD-PARTY-LICENSES.txt',
    'chunks',
    'valetkey.mjs',
    'valetkey.mjs.map',
  ])
  const licences = await readFile(join(folder, 'image/THIRD-PARTY-LICENSES.txt'), 'utf8')
  for (const name of ['fastify', 'jose', 'ioredis', 'pino', 'undici']) {
    t.match(licences, new RegExp(`^${name} [0-9.]+ \\(MIT\\)$`, 'm'))
  }
})

t.test('it tells the version of package.json', async (t) => {
  const { version }: { version: string } = JSON.parse(await readFile('package.json', 'utf8'))
  t.match((await runBundle(['--version'])).stdout, version)
})

t.test('Node takes the options that the image sets', async (t) => {
  const [, options = ''] =
    /^ENV NODE_OPTIONS=(.+)$/m.exec(await readFile('Dockerfile', 'utf8')) ?? []
  t.match(options, /^--/)
  const version = [process.execPath, script, '--version'] as const
  const { stdout } = await run(...withoutPreloads('env', `NODE_OPTIONS=${options}`, ...version))
  t.match(stdout, /^[0-9]/)
})

t.test(
  'what the image compiles in advance are chunks alone, which run by themselves',
  async (t) => {
    const chunks = (await readdir(join(folder, 'image/chunks'))).filter((name) =>
      name.endsWith('.mjs'),
    )
    t.ok(chunks.length > 0)
    for (const chunk of chunks) {
      const text = await readFile(join(folder, 'image/chunks', chunk), 'utf8')
      t.notMatch(text, 'valetkey.mjs', `${chunk} does not start Valetkey`)
    }
  },
)

t.test('it makes a session key', async (t) => {
  t.match((await runBundle(['keygen'])).stdout, /^[A-Za-z0-9_-]{43}\n$/)
})

t.test('it checks a configuration from the environment alone', async (t) => {
  const secret = 'a secret that is never printed'
  const { stdout } = await runBundle(['check'], {
    VALETKEY_PUBLIC_URL: 'http://localhost:4180',
    VALETKEY_ISSUER: 'https://idp.example.com',
    VALETKEY_CLIENT_ID: 'app',
    VALETKEY_CLIENT_SECRET: secret,
    VALETKEY_UPSTREAM: 'http://127.0.0.1:3000',
  })
  t.match(stdout, 'https://idp.example.com')
  t.notMatch(stdout, secret)
  await t.rejects(runBundle(['check'], { VALETKEY_PUBLIC_URL: 'http://localhost:4180' }), {
    code: 1,
  })
})

t.test('it serves from the environment alone, and ends when told to', async (t) => {
  const provider = await startProvider()
  t.teardown(() => provider.stop())
  const valetkey = await startBundle({
    script,
    cwd,
    env: {
      VALETKEY_ISSUER: provider.issuer,
      VALETKEY_CLIENT_ID: provider.clientId,
      VALETKEY_CLIENT_SECRET: provider.clientSecret,
      VALETKEY_UPSTREAM: 'http://127.0.0.1:9',
    },
  })
  t.teardown(() => valetkey.stop('SIGKILL'))

  const client = createJarFetch()
  const visit = async (url: string) => {
    const response = await client(url, { headers: asNavigation })
    return new URL(response.headers.get('location') ?? '', valetkey.url).href
  }
  const start = await visit(`${valetkey.url}/app`)
  t.equal(start, `${valetkey.url}/oauth2/start?rd=%2Fapp`)
  t.ok((await visit(start)).startsWith(provider.issuer))
  t.match(await (await client(`${valetkey.adminUrl}/metrics`)).text(), 'process_resident_memory')

  t.equal(await valetkey.stop('SIGINT'), 0)
  t.notMatch(valetkey.output(), provider.clientSecret)
})
