import { readFileSync } from 'node:fs'
import { Value } from 'typebox/value'
import { isJsonObject } from '../json-object.js'
import { parseHttpUrl } from './addresses.js'
import {
  ConfigError,
  formatPath,
  isAtOrBelow,
  type ConfigProblem,
  type Finding,
} from './config-error.js'
import { contradictions } from './contradictions.js'
import { decode } from './decode.js'
import { childOf, takeOut } from './draft.js'
import { durationPattern, parseDurationMs } from './duration.js'
import { applyEnvironment } from './environment.js'
import { applySecurityProfiles } from './fapi.js'
import { reasonOf } from './file-texts.js'
import { readYaml, type YamlFile } from './read-yaml.js'
import { configSchema, type Config } from './schema.js'
import { schemaFindings } from './schema-findings.js'
import { readSecretFiles } from './secret-files.js'
import { applyVendorProfiles } from './vendors/apply-profiles.js'

export interface LoadOptions {
  /** A YAML or JSON file; without one the environment has to be enough. */
  readonly file?: string | undefined
  readonly env: NodeJS.ProcessEnv
  /** Reads a file as UTF-8 text; throws as `readFileSync` does. */
  readonly readFile?: (path: string) => string
}

/** Where a file lies ready, and each setting is said to be missing. */
const nothingGiven: ConfigProblem = {
  path: '',
  message: 'no --config was given, so that only VALETKEY_* variables count; name a file with it',
}

/**
 * Loads the configuration: the file, overridden by the environment, filled with defaults and with
 * what the secret files hold. In what it returns durations are milliseconds, `publicUrl` is an
 * origin (lower case, no trailing slash), and `session.keys` and `admin.token` are there wherever a
 * file was named for them.
 *
 * Throws ConfigError with every problem at once, and nothing else. No message has a secret in it.
 */
export function loadConfig({ file, env, readFile = readUtf8 }: LoadOptions): Config {
  const yaml = file === undefined ? readYaml('') : readYamlFile(file, readFile)
  if (yaml.problems.length > 0) throw new ConfigError(yaml.problems)
  const { value } = yaml
  if (!isJsonObject(value)) {
    throw new ConfigError([{ path: '', message: 'the file must be a mapping of settings' }])
  }

  const environment = applyEnvironment(value, env)
  const draft = fillDefaults(value)
  const malformed = schemaFindings(draft)
  const faults = malformed.map((finding) => finding.path)
  takeOut(draft, faults)
  const secretFindings = readSecretFiles(draft, {
    readFile,
    configFile: file,
    isFromEnvironment: (path) => environment.variableOf(path) !== undefined,
  })
  const touchesFault = ({ path, assumes = [] }: Finding) =>
    [path, ...assumes].some((relied) =>
      faults.some((fault) => isAtOrBelow(relied, fault) || isAtOrBelow(fault, relied)),
    )
  const contrary = contradictions(draft).filter((finding) => !touchesFault(finding))

  const tell = ({ path, message }: Finding): ConfigProblem => {
    const variable = environment.variableOf(path)
    if (variable !== undefined) return { path: variable, message }
    return { path: formatPath(path), message, line: yaml.lineOf(path) }
  }
  const problems: ConfigProblem[] = [
    ...(file === undefined && childOf(draft, 'publicUrl') === undefined ? [nothingGiven] : []),
    ...environment.problems,
    ...[...malformed, ...secretFindings, ...contrary].map(tell),
  ]
  if (problems.length > 0) {
    throw new ConfigError(problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)))
  }

  const config = decode(configSchema, draft)
  return { ...config, publicUrl: parseHttpUrl(config.publicUrl)?.origin ?? config.publicUrl }
}

/**
 * The defaults of a provider are those of its vendor first. By default the inactivity timeout is no longer
 * than the lifetime that was asked for.
 */
function fillDefaults(value: Record<string, unknown>): unknown {
  const { session } = value
  const isOpen = isJsonObject(session) && session['inactivityTimeout'] === undefined
  // The stricter first, so that no vendor's defaults are taken for what somebody wrote against it.
  applySecurityProfiles(value)
  applyVendorProfiles(value)
  const filled = Value.Default(configSchema, value)
  if (isOpen) {
    const { lifetime, inactivityTimeout } = session
    const isShorter = durationOrNaN(lifetime) < durationOrNaN(inactivityTimeout)
    Object.assign(session, { inactivityTimeout: isShorter ? lifetime : inactivityTimeout })
  }
  return filled
}

function durationOrNaN(value: unknown): number {
  const isDuration = typeof value === 'string' && new RegExp(durationPattern).test(value)
  return isDuration ? parseDurationMs(value) : Number.NaN
}

function readYamlFile(file: string, readFile: (path: string) => string): YamlFile {
  try {
    return readYaml(readFile(file))
  } catch (error) {
    throw new ConfigError([
      { path: '', message: `the file ${file} cannot be read (${reasonOf(error)})` },
    ])
  }
}

function readUtf8(path: string): string {
  return readFileSync(path, 'utf8')
}
