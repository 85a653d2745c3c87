import { dirname, isAbsolute, resolve } from 'node:path'
import { clientFileFaults } from './client-file-faults.js'
import type { Finding, SettingPath } from './config-error.js'
import type { Draft } from './draft.js'
import { reasonOf } from './file-texts.js'
import type { Parsed } from './parsed.js'
import { pemFaults } from './pem-faults.js'
import { parseSessionKeys } from './session-key.js'
import { parseSigningKeys } from './signing-keys.js'

export interface SecretFileOptions {
  /** Reads a file as UTF-8 text; throws as `readFileSync` does. */
  readonly readFile: (path: string) => string
  /** The configuration file: paths in it are relative to its folder. */
  readonly configFile: string | undefined
  /** Whether a path came from the environment, and so is relative to the working directory. */
  readonly isFromEnvironment: (path: SettingPath) => boolean
}

/**
 * Fills session.keys, admin.token and the passwords of `basicAuth` in the draft from the files that it names. The path of session.keysFile and the
 * files of providers, of `session.redis`, of `tls`, of `assertion` and of upstreams become absolute, since they are
 * read again later.
 */
export function readSecretFiles(draft: Draft, options: SecretFileOptions): Finding[] {
  const findings: Finding[] = []

  const baseOf = (path: SettingPath) =>
    options.isFromEnvironment(path) ? '.' : dirname(options.configFile ?? '.')
  const read = (path: SettingPath, file: string): string | undefined => {
    const base = baseOf(path)
    const hint = isAbsolute(file) ? '' : `; a relative path starts at ${resolve(base)}`
    const text = readText(resolve(base, file), options.readFile, hint)
    if ('fault' in text) findings.push({ path, message: text.fault })
    return 'fault' in text ? undefined : text.content
  }
  const readOne = (
    path: SettingPath,
    file: string | undefined,
    literal: string | undefined,
    literalKey: string,
  ): string | undefined => {
    if (file === undefined) return literal
    if (literal !== undefined) findings.push({ path, message: bothSet(literalKey) })
    return read(path, file) ?? literal
  }

  /** Makes sure of files that are read again later, and of where they are. */
  const readLater = <Name extends string>(
    section: { [Key in Name]?: string | undefined } | undefined,
    path: SettingPath,
    names: readonly Name[],
  ) => {
    const texts: { [Key in Name]?: string | undefined } = {}
    for (const name of names) {
      const file = section?.[name]
      if (!section || file === undefined) continue
      texts[name] = read([...path, name], file)
      section[name] = resolve(baseOf(path), file)
    }
    return texts
  }

  for (const [index, provider] of (draft.providers ?? []).entries()) {
    if (!provider) continue
    const path = ['providers', index]
    if (provider.clientSecretFile !== undefined && provider.clientSecret !== undefined) {
      findings.push({ path: [...path, 'clientSecretFile'], message: bothSet('clientSecret') })
    }
    const files = readLater(provider, path, clientFiles)
    for (const [name, fault] of clientFileFaults(files, provider)) {
      findings.push({ path: [...path, name], message: `names a file that ${fault}` })
    }
    const pem = readLater(provider.tls, [...path, 'tls'], ['caFile', 'certFile', 'keyFile'])
    for (const [name, message] of pemFaults(pem)) {
      findings.push({ path: [...path, 'tls', name], message })
    }
  }
  const { admin, session, tls } = draft
  const certificate = readLater(tls, ['tls'], ['certFile', 'keyFile'])
  for (const [name, message] of pemFaults(certificate)) {
    findings.push({ path: ['tls', name], message })
  }
  const redis = ['session', 'redis']
  readLater(session?.redis, redis, ['usernameFile', 'passwordFile'])
  readLater(session?.redis?.sentinel, [...redis, 'sentinel'], ['passwordFile'])
  readLater(session?.redis?.tls, [...redis, 'tls'], ['caFile', 'certFile', 'keyFile'])
  for (const [index, route] of (draft.routes ?? []).entries()) {
    if (typeof route?.upstream !== 'object') continue
    const path = ['routes', index, 'upstream', 'tls']
    const pem = readLater(route.upstream.tls, path, ['caFile', 'certFile', 'keyFile'])
    for (const [name, message] of pemFaults(pem)) findings.push({ path: [...path, name], message })
  }
  for (const [index, file] of (draft.assertion?.keyFiles ?? []).entries()) {
    if (file === undefined || !draft.assertion?.keyFiles) continue
    const path = ['assertion', 'keyFiles', index]
    const text = read(path, file)
    const keys = text === undefined ? undefined : parseSigningKeys(text)
    if (keys !== undefined && 'fault' in keys) {
      findings.push({ path, message: `names a file that ${keys.fault}` })
    }
    draft.assertion.keyFiles[index] = resolve(baseOf(path), file)
  }
  for (const [index, route] of (draft.routes ?? []).entries()) {
    const basicAuth = route?.forward?.basicAuth
    if (!basicAuth) continue
    const path = ['routes', index, 'forward', 'basicAuth', 'passwordFile']
    const { passwordFile, password } = basicAuth
    basicAuth.password = readOne(path, passwordFile, password, 'password')
  }
  if (admin) {
    admin.token = readOne(['admin', 'tokenFile'], admin.tokenFile, admin.token, 'token')
  }
  if (session?.keysFile !== undefined) {
    const path = ['session', 'keysFile']
    if (session.keys) findings.push({ path, message: bothSet('keys') })
    const text = read(path, session.keysFile)
    if (text === undefined) return findings
    const { keys, badLines } = parseSessionKeys(text)
    if (keys.length === 0) findings.push({ path, message: 'names a file that holds no key' })
    for (const line of badLines) {
      findings.push({
        path,
        message: `names a file in which line ${line} is not 32 bytes in base64url, 43 characters; \`valetkey keygen\` makes one`,
      })
    }
    session.keys = keys
    session.keysFile = resolve(baseOf(path), session.keysFile)
  }
  return findings
}

const clientFiles = ['clientSecretFile', 'clientKeyFile', 'clientAssertionFile'] as const

const bothSet = (literalKey: string) => `is set together with ${literalKey}; keep one of them`

function readText(path: string, readFile: (path: string) => string, hint: string): Parsed<string> {
  try {
    const content = readFile(path).replace(/\r?\n$/, '')
    return content === '' ? { fault: 'names a file that is empty' } : { content }
  } catch (error) {
    return { fault: `names a file that cannot be read (${reasonOf(error)})${hint}` }
  }
}
