import t from 'tap'
import { testCases } from '../helpers/config-cases.js'
import { problemsOf } from '../helpers/config-fixtures.js'

testCases([
  {
    title: 'duplicate key',
    line: 2,
    with: 'publicUrl: https://b.example.com',
    expect: [['publicUrl', /stands here twice/, 2]],
  },
  { title: 'tab', line: 5, with: '\t- issuer: x', expect: [['', /not with tabs/, 5]] },
  { title: 'open quote', line: 10, with: '  - "x', expect: [['', /not valid YAML/, 10]] },
  { title: 'tag', line: 2, with: 'listen: !env X', expect: [['', /tags/, 2]] },
  { title: 'lost alias', line: 2, with: 'listen: *x', expect: [['', /aliases/]] },
  { title: 'circular alias', line: 2, with: 'listen: &x [*x]', expect: [['', /aliases/]] },
  {
    title: 'two documents',
    line: 10,
    with: '  - upstream: x\n---\na: 1',
    expect: [['', /one YAML document/, 11]],
  },
])

t.test('an empty file, a list and a text as the whole configuration', async (t) => {
  t.strictSame(
    problemsOf('').map((problem) => problem.path),
    ['publicUrl', 'providers', 'routes'],
  )
  const message = 'the file must be a mapping of settings'
  t.strictSame(problemsOf('[a]'), [{ path: '', message }])
  t.strictSame(problemsOf('text'), [{ path: '', message }])
})
