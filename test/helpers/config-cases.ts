import t from 'tap'
import { problemsOf, type Files } from './config-fixtures.js'

/** A change to a configuration without problems, and the problems that it makes. */
export interface ConfigCase {
  readonly title: string
  /** The line, from 1, of the base configuration that `with` replaces. */
  readonly line?: number
  readonly with?: string
  readonly env?: NodeJS.ProcessEnv
  readonly files?: Files
  readonly expect: readonly [path: string, message: RegExp, line?: number][]
}

const base = [
  'publicUrl: https://app.example.com',
  'listen: 0.0.0.0:4180',
  'admin: {}',
  'providers:',
  '  - issuer: https://idp.example.com',
  '    clientId: app',
  '    clientSecret: s3cret-s3cret-s3cret',
  'session: {}',
  'routes:',
  '  - upstream: http://127.0.0.1:3000',
]

export const route = (rest: string) => `  - { upstream: 'http://127.0.0.1:3000', ${rest} }`
export const routeTo = (pattern: string) => route(`match: { path: '${pattern}' }`)

/** One test for each case; a path, a line and a message for each problem, in order. */
export function testCases(cases: readonly ConfigCase[]): void {
  for (const { title, line = 0, with: replacement, env, files, expect } of cases) {
    t.test(title, async (t) => {
      const lines = replacement === undefined ? base : base.with(line - 1, replacement)
      const problems = problemsOf(lines.join('\n'), env, files)
      t.strictSame(
        problems.map((problem) => [problem.path, problem.line]),
        expect.map(([path, , where]) => [path, where]),
      )
      for (const [index, [, message]] of expect.entries()) {
        t.match(problems[index]?.message, message)
      }
    })
  }
}
