import * as fc from 'fast-check'
import t from 'tap'
import { compilePathPattern } from '../../src/access/path-pattern.js'
import { foldCase } from '../../src/access/readings.js'

t.test('matches prefixes, exact paths, one segment and the rest', async (t) => {
  const cases: [pattern: string, matching: string[], other: string[]][] = [
    ['/', ['/', '/a', '/a/b', '//'], ['', '*']],
    ['/x/', ['/x/', '/x/y', '/x//'], ['/x', '/xy', '/X/', '/']],
    ['/x', ['/x'], ['/x/', '/xy', '/']],
    ['/x/**', ['/x/', '/x/y/z'], ['/x', '/xy']],
    ['/**', ['/', '/x', '/x/y'], ['']],
    ['/*', ['/x', '/.well-known'], ['/', '/x/', '/x/y']],
    ['/*/', ['/x/', '/x/y'], ['/x', '//', '/']],
    ['/u/*/edit', ['/u/1/edit'], ['/u//edit', '/u/1/2/edit', '/u/1/edit/', '/u/1/editor', '/u/1']],
    ['/u/*/edit/', ['/u/1/edit/', '/u/1/edit/x'], ['/u/1/edit', '/u/1/editor/']],
    ['/*/*/**', ['/a/b/', '/a/b/c'], ['/a/b', '/a//b']],
  ]
  for (const [pattern, matching, other] of cases) {
    const compiled = compilePathPattern(pattern)
    for (const path of matching) t.ok(compiled.matches(path), `${pattern} matches ${path}`)
    for (const path of other) t.notOk(compiled.matches(path), `${pattern} does not match ${path}`)
  }
})

t.test('characters that travel encoded match in both spellings', async (t) => {
  for (const source of ['/straße/a b/', '/stra%C3%9fe/a%20b/']) {
    const compiled = compilePathPattern(source)
    t.ok(compiled.matches('/stra%C3%9Fe/a%20b/x'), `${source} as sent`)
    t.ok(compiled.matches('/stra\xc3\x9fe/a b/x'), `${source} decoded`)
    t.notOk(compiled.matches('/strasse/a b/x'))
  }
})

t.test('case is folded on request only', async (t) => {
  const pattern = compilePathPattern('/Übersicht/')
  t.notOk(pattern.matches('/%C3%9CBERSICHT/'))
  t.ok(pattern.matchesFolded(foldCase('/\xc3\xbcBERSICHT/')))
})

t.test('a pattern that upstreams read in several ways is refused', async (t) => {
  for (const source of [
    'x',
    '',
    '*',
    '/a/../b',
    '/./',
    '/a//b',
    '//',
    '/a\\b',
    '/a;b',
    '/a?b',
    '/a#b',
    '/a%',
    '/a.',
    '/a\n',
    '/a%2Fb',
    '/a%5cb',
    '/%2e%2e/',
    '/a%3bb',
    '/a%00',
    '/a%252Fb',
    '/．．/',
    '/ﬁles/',
    '/a*',
    '/*a/',
    '/**/a',
    '/a**',
    '/***',
    '/a/**/',
  ]) {
    t.throws(() => compilePathPattern(source), { code: 'ERR_ACCESS_PATH_PATTERN' }, source)
  }
})

// The same semantics as a regular expression, written without a look at the matcher.
const naive = (pattern: string) => {
  const escaped = pattern.replace(/\*\*$/, '').replaceAll('.', '\\.').replaceAll('*', '[^/]+')
  return new RegExp(`^${escaped}${escaped.endsWith('/') ? '[^]*' : ''}$`)
}

t.test('agrees with a naive reference implementation', async () => {
  const segment = fc.constantFrom('a', 'b', 'ab', '*', 'a.b')
  const pattern = fc
    .tuple(fc.array(segment, { maxLength: 4 }), fc.constantFrom('', '/', '/**'))
    .map(([segments, end]) => `/${segments.join('/')}${end}`.replace(/^\/\//, '/'))
  const path = fc
    .array(fc.constantFrom('/', '/', 'a', 'b', '.', '*', 'x'), { maxLength: 10 })
    .map((characters) => `/${characters.join('')}`)
  fc.assert(
    fc.property(
      pattern,
      path,
      (source, candidate) =>
        compilePathPattern(source).matches(candidate) === naive(source).test(candidate),
    ),
    { numRuns: 5000 },
  )
})
