import { readdirSync, readFileSync } from 'node:fs'
import { reasons } from './reasons.js'
import { requirements } from './requirements.js'

/** Whether a text, such as the name of a test, has that id as a word of its own. */
export function bears(text: string, id: string): boolean {
  const literal = id.replaceAll(/[.\\-]/g, '\\$&')
  return new RegExp(`(^|[^\\w-])${literal}(?![\\w-])`, 'm').test(text)
}

interface Result {
  readonly file: string
  readonly name: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
}

/** The tests of the last run, from the TAP of each file. */
export function readResults(folder: string, files: readonly string[]): Result[] {
  return files.flatMap((file) => {
    const lines = readFileSync(`${folder}/${file}`, 'utf8').matchAll(
      /^ *(not )?ok \d+ - (.*?)( # (?:SKIP|TODO).*| # time=.*)?$/gm,
    )
    const source = file.replace(/^.*?\.build\//, '').replace(/\.js\.tap$/, '.ts')
    return Array.from(lines, ([, failed, name = '', note = '']): Result => {
      const outcome = /SKIP|TODO/.test(note) ? 'skipped' : failed ? 'failed' : 'passed'
      return { file: source, name, outcome }
    })
  })
}

export function generateConformancePage(
  results: readonly Result[],
  sources: readonly string[],
): string {
  const sections = Object.entries(requirements).map(([section, listed]) => {
    const rows = listed.map(({ id, title }) => row(id, title, results, sources))
    return `## ${section}\n\n| Id | About | Result | Tests |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`
  })
  return `${introduction}\n${sections.join('\n')}`
}

const introduction = `# Conformance

What Valetkey is held to, and what became of it in the last run of all tests. A test bears the id in its name;
the modules of the OpenID conformance suite are played by a provider that misbehaves in exactly that way.
\`npm run docs:conformance\` writes this page after \`npm test\`.
`

function row(
  id: string,
  title: string,
  results: readonly Result[],
  sources: readonly string[],
): string {
  const bearing = results.filter(({ name }) => bears(name, id))
  const cells = [id, title, outcomeOf(id, bearing, sources), filesOf(bearing)]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function outcomeOf(id: string, bearing: readonly Result[], sources: readonly string[]): string {
  const count = (outcome: Result['outcome']) =>
    bearing.filter((result) => result.outcome === outcome).length
  if (count('failed') > 0) return 'failed'
  if (count('passed') > 0) return 'passed'
  if (count('skipped') > 0) return 'skipped'
  const reason = reasons[id]
  if (reason !== undefined) return `does not apply: ${reason}`
  return sources.some((source) => bears(source, id)) ? 'not in this run' : 'no test by its id yet'
}

const filesOf = (bearing: readonly Result[]) =>
  [...new Set(bearing.map(({ file }) => file.replace(/^test\//, '')))].toSorted().join(', ')

/** Every file below a folder, by its path in it. */
export const filesBelow = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
