import { reasons } from './reasons.js'
import { requirements } from './requirements/requirements.js'

/** Whether a text, such as the name of a test, has that id as a word of its own. */
export function bears(text: string, id: string): boolean {
  const literal = id.replaceAll(/[.\\-]/g, '\\$&')
  return new RegExp(`(^|[^\\w-])${literal}(?![\\w-])`, 'm').test(text)
}

/** A test that ran, by its file below `test/`. */
export interface Result {
  readonly file: string
  readonly name: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
}

const introduction = `# Conformance

What Valetkey is held to, and what became of it in the last run of all tests. A test bears the id in its name;
the modules of the OpenID conformance suite are played by a provider that misbehaves in exactly that way.
\`npm run docs:conformance\` writes this page after \`npm test\`.
`

/** The page, of a whole run; throws where an id has neither a test that ran nor a reason. */
export function generateConformancePage(results: readonly Result[]): string {
  const unproven = Object.values(requirements)
    .flat()
    .filter(({ id }) => !(id in reasons) && !results.some(({ name }) => bears(name, id)))
  if (unproven.length > 0)
    throw new Error(`neither a test nor a reason: ${unproven.map(({ id }) => id).join(', ')}`)
  const sections = Object.entries(requirements).map(([section, listed]) => {
    const rows = listed.map(({ id, title }) => row(id, title, results))
    return `## ${section}\n\n| Id | About | Result | Tests |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`
  })
  return `${introduction}\n${sections.join('\n')}`
}

function row(id: string, title: string, results: readonly Result[]): string {
  const bearing = results.filter(({ name }) => bears(name, id))
  const files = new Set(bearing.map(({ file }) => file))
  const cells = [id, title, resultOf(id, bearing), [...files].toSorted().join(', ')]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function resultOf(id: string, bearing: readonly Result[]): string {
  const found = new Set(bearing.map(({ outcome }) => outcome))
  const worst = (['failed', 'passed', 'skipped'] as const).find((outcome) => found.has(outcome))
  return worst ?? `does not apply: ${reasons[id]}`
}
