import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { findProblem, problemCodes } from '../src/http/problem.js'
import { createMetrics } from '../src/telemetry/metrics.js'

const source = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join('src', name), 'utf8'))
  .join('\n')

/** The cells of every table row of a page whose first cell is code. */
const rowsOf = (page: string) =>
  [...readFileSync(page, 'utf8').matchAll(/^\| `[^\n]*$/gm)].map(([line]) =>
    line
      .split(' | ')
      .map((cell) => cell.replace(/^\| | \|$/g, '').trim())
      .map((cell) => /^`([^`]+)`$/.exec(cell)?.[1] ?? cell),
  )

/** Codes of ours; others of these forms are of node and of libraries. */
const isOurs = (code: string) => !/^ERR_(HTTP2?|TLS|SSL|PARSE_ARGS)(_|$)/.test(code)

const codesIn = (text: string) =>
  new Set(
    [...text.matchAll(/(?<![A-Z_])ERR_[A-Z0-9]+(?:_[A-Z0-9]+)*(?![A-Z_])/g)].map(([code]) => code),
  )

/** Rows that other codes are answered by, which nothing is ever thrown as. */
const generalOnly = new Set([
  'ERR_CALLBACK',
  'ERR_ID_TOKEN',
  'ERR_LOGIN',
  'ERR_PROVIDER',
  'ERR_TOKEN',
  'ERR_UPSTREAM',
])

const rows = rowsOf('docs/error-codes.md')

const inOrder = (lines: readonly (readonly (string | undefined)[])[]) =>
  lines.map((line) => line.join(' ')).toSorted((one, other) => one.localeCompare(other))

t.test('docs/error-codes.md has every code of the source once, and no other', async (t) => {
  const codes = [...codesIn(source)].filter((code) => isOurs(code) && !generalOnly.has(code))
  t.strictSame(inOrder(rows.map(([code]) => [code])), inOrder(codes.map((code) => [code])))
  t.strictSame(
    problemCodes.filter((code) => !generalOnly.has(code) && !codes.includes(code)),
    [],
  )
})

t.test('docs/error-codes.md has the answer to every code that clients are answered', async (t) => {
  for (const [code = '', answer] of rows) {
    const { code: told, status } = findProblem(code)
    const isAnswered = told !== 'ERR_INTERNAL' || code === told
    const expected = told === code ? String(status) : `${status} \`${told}\``
    if (isAnswered) t.equal(answer, expected, code)
  }
})

t.test('docs/error-codes.md has the status of the admin listener', async (t) => {
  const answers = [...source.matchAll(/status: (\d{3}),\s+code: '(ERR_(?:ADMIN|SESSION)\w+)'/g)]
  t.equal(answers.length, 3)
  for (const [, status, code = ''] of answers) {
    t.equal(rows.find(([each]) => each === code)?.[1], status, code)
  }
})

/** What `/metrics` tells once all has happened: name, type and label of each metric of ours. */
async function renderedMetrics(): Promise<string[][]> {
  const metrics = createMetrics()
  for (const member of Object.values(metrics)) {
    // A tally, or something that takes no text and is none the worse for it.
    if (typeof member === 'function' && member.name === 'add') Reflect.apply(member, metrics, ['x'])
  }
  metrics.watchReadiness(async () => true)
  metrics.watchSessionCache(() => ({ bytes: 0, sessions: 0 }))
  const text = await metrics.render()
  return [...text.matchAll(/^# TYPE (valetkey_\w+) (\w+)$/gm)].map(([, name = '', type = '']) => [
    name,
    type,
    new RegExp(`^${name}\\{(\\w+)="x"\\}`, 'm').exec(text)?.[1] ?? '',
  ])
}

t.test('docs/metrics.md has every metric with its type and label, and no other', async (t) => {
  const told = rowsOf('docs/metrics.md').filter(([name]) => /^valetkey_\w+$/.test(name ?? ''))
  const written = told.map(([name = '', type = '', label = '']) => [name, type, label])
  t.strictSame(inOrder(written), inOrder(await renderedMetrics()))
})

t.test('docs/metrics.md has every answer that is no error, and no other', async (t) => {
  const union = /export type AnswerName =\n((?: {2}\| '\w+'\n)+)/.exec(source)?.[1] ?? ''
  const names = [...union.matchAll(/'(\w+)'/g)].map(([, name]) => name)
  t.ok(names.length > 20)
  const written = rowsOf('docs/metrics.md').filter(([name]) => /^[A-Z_]+$/.test(name ?? ''))
  t.strictSame(inOrder(written.map(([name]) => [name])), inOrder(names.map((name) => [name])))
})

t.test('docs/metrics.md has every reason for which sessions end', async (t) => {
  const reasons = [...source.matchAll(/sessionEnded\('(\w+)'\)/g)].map(([, reason = '']) => reason)
  t.ok(reasons.length > 3)
  const page = readFileSync('docs/metrics.md', 'utf8')
  for (const reason of [...reasons, 'backchannel_logout', 'frontchannel_logout']) {
    t.ok(page.includes(`\`${reason}\``), reason)
  }
})

t.test('what docs/metrics.md alerts on exists', async (t) => {
  const names = new Set((await renderedMetrics()).map(([name]) => name))
  const page = readFileSync('docs/metrics.md', 'utf8')
  for (const [name] of page.matchAll(/valetkey_\w+/g)) t.ok(names.has(name), name)
  for (const [, answer = ''] of page.matchAll(/answer="(\w+)"/g)) {
    t.ok(source.includes(`'${answer}'`) || findProblem(answer).code === answer, answer)
  }
})
