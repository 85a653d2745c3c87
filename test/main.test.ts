import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { parse } from 'yaml'
import { startProvider } from './helpers/provider.js'
import { startRedis } from './helpers/redis-server.js'
import { sessionKey } from './helpers/stack.js'
import { startUpstream } from './helpers/upstream.js'
import { freePort } from './helpers/free-port.js'
import { mainFile } from './helpers/valetkey.js'
import { withoutPreloads } from './helpers/without-preloads.js'

t.setTimeout(120_000)

interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs the command line to its end. */
function valetkey(args: string[], env: Record<string, string> = {}): Promise<Outcome> {
  const [command, all] = withoutPreloads(process.execPath, mainFile, ...args)
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env['PATH'] ?? '', ...env } }
    const child = execFile(command, all, options, (_error, out, err) => {
      resolve({ code: child.exitCode ?? -1, out, err })
    })
  })
}

t.test('--version is that of package.json', async (t) => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
  t.strictSame(await valetkey(['--version']), { code: 0, out: `${version}\n`, err: '' })
})

t.test('as a program it sets what the image sets', async (t) => {
  const dockerfile = readFileSync('Dockerfile', 'utf8')
  const [options] = /(?<=^ENV NODE_OPTIONS=).+$/m.exec(dockerfile) ?? []
  const [malloc] = /(?<=^ENV )MALLOC_.+$/m.exec(dockerfile) ?? []
  const [, interpreter] = /^#!\/usr\/bin\/env (-S .+)\n/.exec(readFileSync(mainFile, 'utf8')) ?? []
  t.equal(interpreter, `-S ${malloc} node ${options}`)
  const [command, all] = withoutPreloads('env', interpreter ?? '', mainFile, '--version')
  t.match((await promisify(execFile)(command, all)).stdout, /^\d+\./)
})

t.test('keygen prints a key that a configuration takes', async (t) => {
  const { code, out } = await valetkey(['keygen'])
  t.equal(code, 0)
  t.equal(Buffer.from(out.trim(), 'base64url').length, 32)
  t.not(out, (await valetkey(['keygen'])).out)
})

t.test('what is no command or no option is explained', async (t) => {
  for (const args of [['fly'], ['serve', 'twice'], ['--colour'], ['sessions', 'revoke']]) {
    const { code, out, err } = await valetkey(args)
    t.equal(code, 1)
    t.equal(out, '')
    t.match(err, /valetkey check/)
    t.notMatch(err, /\n +at /, 'no stack')
  }
  t.match(await valetkey(['--help']), { code: 0, out: /valetkey keygen/ })
})

t.test('a session id that begins with a hyphen is taken for one', async (t) => {
  const id = '-eRWi_YF7Hac-JDo6c2-tkfQxa6lZsGstlTXjxmZQ2c'
  const { code, err } = await valetkey(['sessions', 'revoke', id], {
    VALETKEY_PUBLIC_URL: 'http://localhost:4180',
    VALETKEY_ISSUER: 'https://idp.example.com',
    VALETKEY_CLIENT_ID: 'app',
    VALETKEY_CLIENT_SECRET: 'a literal secret',
    VALETKEY_UPSTREAM: 'http://127.0.0.1:3000',
  })
  t.equal(code, 1)
  t.match(err, /VALETKEY_ADMIN_TOKEN/, 'all that is missing is the token')
})

t.test('check prints the configuration in effect, or every problem with its path', async (t) => {
  const env = {
    VALETKEY_PUBLIC_URL: 'http://localhost:4180',
    VALETKEY_ISSUER: 'https://idp.example.com',
    VALETKEY_CLIENT_ID: 'app',
    VALETKEY_CLIENT_SECRET: 'a literal secret',
    VALETKEY_UPSTREAM: 'http://127.0.0.1:3000',
  }
  const good = await valetkey(['check'], env)
  t.equal(good.code, 0)
  t.notMatch(good.out, /a literal secret/)
  t.match(parse(good.out), { providers: [{ issuer: env.VALETKEY_ISSUER }] })

  const { VALETKEY_ISSUER: _issuer, ...rest } = env
  const bad = await valetkey(['check'], { ...rest, VALETKEY_UPSTREAM: 'ftp://x' })
  t.equal(bad.code, 1)
  t.equal(bad.out, '')
  t.match(bad.err, /VALETKEY_UPSTREAM: /)
  t.match(bad.err, /providers\[0\]\.issuer/)
})

t.test('check warns of what may not be meant, and takes it', async (t) => {
  const file = join(t.testdir(), 'valetkey.yaml')
  await writeFile(
    file,
    `publicUrl: http://localhost:4180
providers: [{ issuer: https://idp.example.com, clientId: app, clientSecret: a literal secret }]
routes:
  - { match: { path: /admin/ }, require: { groups: [admins] }, upstream: http://app }
  - { upstream: http://app }
`,
  )
  const { code, out, err } = await valetkey(['check', '--config', file])
  t.equal(code, 0)
  t.match(parse(out), { routes: Array })
  t.match(err, /^warning: routes\[0\]\.match\.path: does not match \/admin, /)
})

t.test('check --online warns of an eviction policy that may drop sessions', async (t) => {
  const provider = await startProvider()
  t.teardown(() => provider.stop())
  const redis = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] })
  t.teardown(() => redis.stop())
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const folder = await mkdtemp(join(tmpdir(), 'valetkey-check-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const file = join(folder, 'valetkey.yaml')
  await writeFile(
    file,
    JSON.stringify({
      publicUrl: 'http://localhost:4180',
      providers: [
        { issuer: provider.issuer, clientId: 'app', clientSecret: provider.clientSecret },
      ],
      session: { store: 'redis', redis: { url: redis.url }, keys: [sessionKey] },
      routes: [{ upstream: upstream.url }],
    }),
  )
  const checked = await valetkey(['check', '--online', '--config', file])
  t.equal(checked.code, 0)
  t.match(checked.err, /^warning: session\.redis\.url: maxmemory-policy is allkeys-lru/)
})

t.test('check --online tries the provider, Redis and each upstream', async (t) => {
  const provider = await startProvider()
  t.teardown(() => provider.stop())
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const folder = await mkdtemp(join(tmpdir(), 'valetkey-check-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const file = join(folder, 'valetkey.yaml')
  const nobody = await freePort()
  await writeFile(
    file,
    JSON.stringify({
      publicUrl: 'http://localhost:4180',
      providers: [
        { issuer: provider.issuer, clientId: 'app', clientSecretFile: 'secret', timeout: '2s' },
      ],
      session: { store: 'redis', redis: { url: redis.url }, keys: [sessionKey] },
      routes: [
        { match: { path: '/gone/' }, upstream: `http://127.0.0.1:${nobody}` },
        { upstream: upstream.url },
      ],
    }),
  )
  await writeFile(join(folder, 'secret'), provider.clientSecret)
  const one = await valetkey(['check', '--online', '--config', file])
  t.equal(one.code, 1)
  t.match(one.err, /^routes\[0\]\.upstream: .*127\.0\.0\.1/)
  t.equal(one.err.trim().split('\n').length, 1, 'nothing else is missing')

  await writeFile(join(folder, 'secret'), 'wrong')
  const refused = await valetkey(['check', '--online', '--config', file])
  t.match(refused.err, /^providers\[0\]\.clientAuthentication: .*401: invalid_client$/m)

  await provider.stop()
  await redis.stop()
  const all = await valetkey(['check', '--online', '--config', file])
  t.equal(all.code, 1)
  t.match(all.err, /providers\[0\]\.issuer: /)
  t.match(all.err, /session\.redis\.url: /)
})
