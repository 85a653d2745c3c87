#!/usr/bin/env -S MALLOC_MMAP_THRESHOLD_=70000 node --max-semi-space-size=8
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { install } from 'undici'
import { createApp } from './app/app.js'
import type { ExplainArguments } from './commands/explain.js'
import { withIdsBehindOptions } from './commands/session-ids.js'
import type { SessionsArguments } from './commands/sessions.js'
import { UsageError } from './commands/usage-error.js'
import { printEffectiveConfig } from './config/effective.js'
import { loadConfig } from './config/load.js'
import type { Config } from './config/schema.js'
import { configWarnings } from './config/warnings.js'
import { collectAll } from './garbage.js'
import { createSessionKey } from './session/key-ring.js'
import { installShutdown } from './app/shutdown.js'
import { createLogger } from './telemetry/logger.js'
import { keepHeapSmall, leaveOutMaglev } from './v8-settings.js'
import { version } from './version.js'

const help = `valetkey ${version}: an authenticating reverse proxy

  valetkey [serve] [--config valetkey.yaml]    run; without a file the VALETKEY_* variables have to
                                               be enough, and they override one
  valetkey check [--config …] [--online]       validate, and print the configuration in effect;
                                               --online also tries what it names
  valetkey explain --url https://… [--config …]
                   [--method GET] [--claims file.json] [--client-address …] [--provider …]
                                               what would become of a request: the route, each
                                               rule's verdict, and the answer
  valetkey keygen                              print a fresh session key
  valetkey sessions list [--sub …] [--json]    who is signed in, through the admin listener
  valetkey sessions revoke <id> | --sub …      end one session, or all of a person;
                                               --issuer … says whose subject it is
  valetkey --version | --help
`

/** Long enough after listening for the provider's metadata and keys to be there. */
const startedAfterMs = 1000

const commands = { serve, check, explain: explainRequest, keygen, sessions } as const

async function run(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: withIdsBehindOptions(args),
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      online: { type: 'boolean', default: false },
      sub: { type: 'string' },
      issuer: { type: 'string' },
      json: { type: 'boolean' },
      url: { type: 'string' },
      method: { type: 'string' },
      claims: { type: 'string' },
      'client-address': { type: 'string' },
      provider: { type: 'string' },
      version: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.version) return print(version)
  if (values.help) return print(help.trimEnd())
  const [name = 'serve', ...rest] = positionals
  if (!isCommand(name) || (rest.length > 0 && name !== 'sessions')) {
    throw new UsageError(`there is no command "${positionals.join(' ')}"`)
  }
  await commands[name]({ ...values, rest })
}

interface Options extends SessionsArguments, ExplainArguments {
  readonly config?: string | undefined
  readonly online: boolean
  /** What stands after the command. */
  readonly rest: readonly string[]
}

async function serve(options: Options): Promise<void> {
  const config = load(options)
  const logger = createLogger({ level: config.log.level })
  for (const warning of configWarnings(config)) logger.warn(warning, 'configuration')
  const app = await createApp(config, { logger })
  installShutdown({
    signals: process,
    onDraining: app.startDraining,
    waitMs: config.shutdown.wait,
    drainMs: config.shutdown.drain,
    close: app.close,
    exit: (code) => process.exit(code),
    logger,
  })
  const { url, adminUrl } = await app.listen().catch(async (error: unknown) => {
    // What is open already would keep the process alive, and no one would notice.
    await app.close()
    throw error
  })
  logger.info({ version, url, adminUrl, publicUrl: config.publicUrl }, 'listening')
  // What a start leaves behind would stay in memory for as long as there is little to do.
  setTimeout(collectAll, startedAfterMs).unref()
  keepHeapSmall()
  app.onFirstConnection(leaveOutMaglev)
}

async function check(options: Options): Promise<void> {
  const config = load(options)
  print(printEffectiveConfig(config).trimEnd())
  for (const { path, message } of configWarnings(config)) complain(`warning: ${path}: ${message}`)
  if (!options.online) return
  const app = await createApp(config, { logger: createLogger({ level: 'silent' }) })
  const { unreachable, warnings } = await app.checkOnline()
  await app.close()
  for (const { path, message } of warnings) complain(`warning: ${path}: ${message}`)
  for (const { path, message } of unreachable) complain(`${path}: ${message}`)
  if (unreachable.length > 0) process.exitCode = 1
}

async function explainRequest(options: Options): Promise<void> {
  const { explain } = await import('./commands/explain.js')
  print(explain(options, load(options), { now: Date.now(), readFile }).join('\n'))
}

async function keygen(): Promise<void> {
  print(createSessionKey())
}

async function sessions(options: Options): Promise<void> {
  const { parseSessionsCommand, runSessionsCommand } = await import('./commands/sessions.js')
  const command = parseSessionsCommand(options.rest, options)
  await runSessionsCommand(command, load(options).admin, print)
}

function readFile(path: string): string {
  return readFileSync(path, 'utf8')
}

function load({ config: file }: Pick<Options, 'config'>): Config {
  return loadConfig({ ...(file === undefined ? {} : { file }), env: process.env })
}

function fail(error: unknown): void {
  process.exitCode = 1
  if (error instanceof UsageError || isArgumentError(error)) {
    complain(`${error.message}\n\n${help.trimEnd()}`)
  } else {
    complain(error instanceof Error ? error.message : String(error))
  }
}

function isCommand(name: string): name is keyof typeof commands {
  return Object.hasOwn(commands, name)
}

function isArgumentError(error: unknown): error is Error {
  return (
    error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  )
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function complain(text: string): void {
  process.stderr.write(`${text}\n`)
}

// Else the first `Headers` or `Response` would load the undici that Node has beside this one.
install()
try {
  await run(process.argv.slice(2))
} catch (error) {
  fail(error)
}
