import { readFileSync } from 'node:fs'
import t from 'tap'
import { bears, filesBelow } from './conformance-page.js'
import { reasons } from './reasons.js'
import { requirements } from './requirements.js'

const page = readFileSync('docs/conformance.md', 'utf8')
const rows = new Map(
  Array.from(page.matchAll(/^\| ([\w-]+) +\|[^|]*\| ([^|]*?) *\| ([^|]*?) *\|$/gm), (row) => {
    const [, id = '', result = '', tests = ''] = row
    return [id, { result, tests: tests.split(', ').filter((each) => each !== '') }]
  }),
)
const ids = Object.values(requirements).flatMap((listed) => listed.map(({ id }) => id))

t.test('every requirement is in the table of docs/conformance.md', async (t) => {
  t.same(
    ids.filter((id) => !rows.has(id)),
    [],
  )
  t.equal(new Set(ids).size, ids.length, 'and there once')
})

t.test('every reason is that of a requirement', async (t) => {
  t.same(
    Object.keys(reasons).filter((id) => !ids.includes(id)),
    [],
  )
})

t.test('the tests that the table names are there', async (t) => {
  const known = new Set(filesBelow('test'))
  const named = ids.flatMap((id) => rows.get(id)?.tests ?? [])
  t.same(
    named.filter((file) => !known.has(file)),
    [],
  )
})

t.test('an id is a word of its own', async (t) => {
  t.ok(bears('CORE-1 CORE-2 something', 'CORE-2'))
  t.notOk(bears('CORE-12', 'CORE-1'))
  t.notOk(bears('oidcc-client-test-invalid-iss', 'oidcc-client-test'))
})
