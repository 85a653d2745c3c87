import { isAtOrBelow, type SettingPath } from './config-error.js'
import { childOf } from './draft.js'

interface EnvironmentSetting {
  readonly variable: string
  readonly path: SettingPath
  /** What this value stands in for, and so takes the place of. */
  readonly replaces?: SettingPath
}

const provider = ['providers', 0] as const

/** Every environment variable and the setting that it fills in or overrides. */
export const environmentSettings: readonly EnvironmentSetting[] = [
  { variable: 'VALETKEY_PUBLIC_URL', path: ['publicUrl'] },
  { variable: 'VALETKEY_LISTEN', path: ['listen'] },
  { variable: 'VALETKEY_ADMIN_LISTEN', path: ['admin', 'listen'] },
  {
    variable: 'VALETKEY_ADMIN_TOKEN',
    path: ['admin', 'token'],
    replaces: ['admin', 'tokenFile'],
  },
  {
    variable: 'VALETKEY_ADMIN_TOKEN_FILE',
    path: ['admin', 'tokenFile'],
    replaces: ['admin', 'token'],
  },
  { variable: 'VALETKEY_ISSUER', path: [...provider, 'issuer'] },
  { variable: 'VALETKEY_CLIENT_ID', path: [...provider, 'clientId'] },
  {
    variable: 'VALETKEY_CLIENT_SECRET',
    path: [...provider, 'clientSecret'],
    replaces: [...provider, 'clientSecretFile'],
  },
  {
    variable: 'VALETKEY_CLIENT_SECRET_FILE',
    path: [...provider, 'clientSecretFile'],
    replaces: [...provider, 'clientSecret'],
  },
  { variable: 'VALETKEY_UPSTREAM', path: ['routes', 0, 'upstream'] },
  { variable: 'VALETKEY_REDIS_URL', path: ['session', 'redis', 'url'] },
  {
    variable: 'VALETKEY_SESSION_KEY',
    path: ['session', 'keys'],
    replaces: ['session', 'keysFile'],
  },
  {
    variable: 'VALETKEY_SESSION_KEY_FILE',
    path: ['session', 'keysFile'],
    replaces: ['session', 'keys'],
  },
  { variable: 'VALETKEY_LOG_LEVEL', path: ['log', 'level'] },
]

export interface AppliedEnvironment {
  /** Problems by the variable that caused them. */
  readonly problems: readonly { path: string; message: string }[]
  /** The variable that the setting came from, if it came from one. */
  variableOf(path: SettingPath): string | undefined
}

/**
 * Writes what the environment says into `value`, the configuration as the file has it. An empty
 * variable counts as absent. Where the file has something of a wrong kind in the way, it stays for
 * the schema to complain about.
 */
export function applyEnvironment(
  value: Record<string, unknown>,
  env: NodeJS.ProcessEnv,
): AppliedEnvironment {
  const problems: { path: string; message: string }[] = []
  const applied: { path: SettingPath; variable: string }[] = []

  for (const { variable, path, replaces } of environmentSettings) {
    const text = env[variable]
    if (!text) continue
    const obstacle = tooMany(value, path) ?? spelledTwice(variable, env)
    if (obstacle !== undefined) {
      problems.push({ path: variable, message: obstacle })
      continue
    }
    const written = variable === 'VALETKEY_SESSION_KEY' ? [text.trim()] : text
    if (!put(value, path, written)) continue
    if (replaces) put(value, replaces, undefined)
    if (variable === 'VALETKEY_REDIS_URL') put(value, ['session', 'store'], 'redis')
    applied.push({ path, variable })
  }

  const tokenFile = env['AZURE_FEDERATED_TOKEN_FILE']
  for (const path of tokenFile ? tokenFilesLeftOut(value) : []) {
    put(value, path, tokenFile)
    applied.push({ path, variable: 'AZURE_FEDERATED_TOKEN_FILE' })
  }

  return {
    problems,
    variableOf: (path) => applied.find((source) => isAtOrBelow(path, source.path))?.variable,
  }
}

/** Where the file of a token is missing that Entra's workload identity names in every container. */
function tokenFilesLeftOut({ providers }: Record<string, unknown>): SettingPath[] {
  const list: unknown[] = Array.isArray(providers) ? providers : []
  return list.flatMap((each, index) => {
    const isMissing =
      childOf(each, 'clientAuthentication') === 'federated_assertion' &&
      childOf(each, 'clientAssertionFile') === undefined
    return isMissing ? [['providers', index, 'clientAssertionFile']] : []
  })
}

/** The variables that could supply a missing setting. */
export function variablesFor(path: SettingPath): string[] {
  return environmentSettings
    .filter((setting) => isAtOrBelow(setting.path, path) && !setting.replaces)
    .map((setting) => setting.variable)
}

function tooMany(value: Record<string, unknown>, [section, index, key]: SettingPath) {
  const list = index === 0 && typeof section === 'string' ? value[section] : undefined
  if (!Array.isArray(list) || list.length < 2) return undefined
  const what = section === 'routes' ? 'route' : 'provider'
  return `fits a single ${what}, but the file has ${list.length}; set ${section}[n].${key} in the file instead`
}

function spelledTwice(variable: string, env: NodeJS.ProcessEnv) {
  if (!variable.endsWith('_FILE')) return undefined
  const other = variable.slice(0, -'_FILE'.length)
  return env[other] ? `is set together with ${other}; keep one of them` : undefined
}

/** Sets (or with `undefined` removes) what stands at a path; false if something is in the way. */
function put(root: object, path: SettingPath, written: unknown): boolean {
  let parent = root
  for (const [depth, key] of path.slice(0, -1).entries()) {
    const needsList = typeof path[depth + 1] === 'number'
    const child: unknown = childOf(parent, key) ?? (needsList ? [] : {})
    if (typeof child !== 'object' || child === null || Array.isArray(child) !== needsList) {
      return false
    }
    Reflect.set(parent, key, child)
    parent = child
  }
  const last = path.at(-1) ?? ''
  if (written === undefined) return Reflect.deleteProperty(parent, last)
  return Reflect.set(parent, last, written)
}
