import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { bears, generateConformancePage } from './conformance-page.js'
import { reasons } from './reasons.js'
import { requirements } from './requirements/requirements.js'

const page = readFileSync('docs/conformance.md', 'utf8')
const rows = Array.from(
  page.matchAll(/^\| ([\w-]+) +\| (.*?) *\| (.*?) *\| (.*?) *\|$/gm),
  (row) => {
    const [, id = '', title = '', result = '', files = ''] = row
    return { id, title, result, files: files.split(', ').filter((file) => file !== '') }
  },
).filter(({ id }) => id !== 'Id' && !/^-+$/.test(id))
const required = Object.values(requirements).flat()
const ids = required.map(({ id }) => id)

const texts = new Map<string, string>()

/** A file below `test/` and what it imports from there, such as its table of cases, without comments. */
function textOf(file: string, seen = new Set<string>()): string {
  if (seen.has(file)) return ''
  seen.add(file)
  const text = texts.get(file) ?? readFileSync(`test/${file}`, 'utf8')
  texts.set(file, text)
  const imported = Array.from(text.matchAll(/ from '(\.[^']+)\.js'/g), ([, path = '']) =>
    join(dirname(file), `${path}.ts`),
  )
  const within = imported.filter((path) => !path.startsWith('..'))
  return [
    text.replaceAll(/^\s*(\/\/|\/?\*).*$/gm, ''),
    ...within.map((each) => textOf(each, seen)),
  ].join('\n')
}

t.test('every requirement has its row in docs/conformance.md, and nothing else has', async (t) => {
  t.equal(new Set(ids).size, ids.length)
  t.strictSame(
    rows.map(({ id, title }) => ({ id, title })),
    required.map(({ id, title }) => ({ id, title: title.replaceAll('|', '\\|') })),
  )
})

t.test('each row names tests that passed, or says why there is none', async (t) => {
  for (const { id, result, files } of rows) {
    if (files.length === 0) t.equal(result, `does not apply: ${reasons[id]}`, id)
    // What a machine lacks, such as Envoy, skips the tests of it.
    else t.match(result, /^(passed|skipped)$/, id)
  }
})

t.test('each test that a row names bears its id', async (t) => {
  for (const { id, files } of rows)
    for (const file of files) t.ok(bears(textOf(file), id), `${file} has ${id}`)
})

t.test('every reason is that of a requirement, with no test by its name', async (t) => {
  const without = new Set(rows.filter(({ files }) => files.length === 0).map(({ id }) => id))
  t.strictSame(new Set(Object.keys(reasons)), without)
})

t.test('an id without a test that ran is no row, but an error', async (t) => {
  t.throws(() => generateConformancePage([]), /neither a test nor a reason: CORE-1,/)
})

t.test('an id is a word of its own', async (t) => {
  t.ok(bears('CORE-1 CORE-2 something', 'CORE-2'))
  t.notOk(bears('CORE-12', 'CORE-1'))
  t.notOk(bears('oidcc-client-test-invalid-iss', 'oidcc-client-test'))
})
