import { CodedError } from '../errors.js'

/** Where a setting stands: the keys and list positions from the top of the configuration. */
export type SettingPath = readonly (string | number)[]

/** What is wrong with one setting and what would be right, before it is known where it was written. */
export interface Finding {
  readonly path: SettingPath
  readonly message: string
  /** Other settings whose presence would dispel the finding; it is not told while these are broken. */
  readonly assumes?: readonly SettingPath[]
}

/** One problem as people read it. */
export interface ConfigProblem {
  /** As in the file (`routes[0].upstream`), or the environment variable that the value came from. */
  readonly path: string
  /** What is wrong and what would be right; never the value of a secret. */
  readonly message: string
  /** The line in the file, from 1, where it is known. */
  readonly line?: number | undefined
}

/** The configuration cannot be used; `problems` has all reasons at once. */
export class ConfigError extends CodedError<'ERR_CONFIG_INVALID'> {
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
    const lines = problems.map((problem) => `\n  ${formatProblem(problem)}`)
    super('ERR_CONFIG_INVALID', `the configuration has ${count}:${lines.join('')}`)
    this.problems = problems
  }
}

/** `routes[0].upstream (line 12): is missing …` */
function formatProblem({ path, message, line }: ConfigProblem): string {
  const place = [path, line === undefined ? '' : `(line ${line})`].filter(Boolean).join(' ')
  return place ? `${place}: ${message}` : message
}

/**
 * Writes a path as people do: `providers[0].issuer`. Of a key with special characters only the
 * beginning is told (`claims["https…"]`), because it may be a setting run together with its value.
 */
export function formatPath(path: SettingPath): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    const name = leadingName(key)
    if (name !== key) return `${text}["${name}…"]`
    return text ? `${text}.${key}` : key
  }, '')
}

/** What a text begins with, as far as it could be the name of a setting. */
export function leadingName(text: string): string {
  return /^[A-Za-z0-9_-]{0,40}/.exec(text)?.[0] ?? ''
}

/** Whether a path is the other one or leads to something inside of it. */
export function isAtOrBelow(path: SettingPath, ancestor: SettingPath): boolean {
  return ancestor.length <= path.length && ancestor.every((key, index) => key === path[index])
}
