import * as fc from 'fast-check'
import t from 'tap'
import { compilePathPattern } from '../../src/access/path-pattern.js'
import { coversPath, routePathFault } from '../../src/config/route-path.js'

const pieces = [
  '/',
  '/',
  '/a',
  '/b',
  '*',
  '**',
  '.',
  '..',
  '%20',
  '%2e',
  '%41',
  '%2F',
  '%',
  ';',
  '?',
  '#',
  '\\',
  ' ',
  'ä',
  '%c3%a4',
  '~',
  '%7F',
]
const patterns = fc
  .array(fc.constantFrom(...pieces), { maxLength: 6 })
  .map((parts) => `/${parts.join('')}`)

t.test('every path that loads compiles to a pattern', async () => {
  fc.assert(
    fc.property(patterns, (path) => {
      if (routePathFault(path) === undefined) compilePathPattern(path)
    }),
    { numRuns: 5000 },
  )
})

t.test('a covered pattern matches nothing that its cover does not', async () => {
  const plain = fc
    .array(fc.constantFrom('/', '/a', '/b', '/*', '/**'), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join(''))
    .filter((path) => routePathFault(path) === undefined)
  const readings = fc
    .array(fc.constantFrom('/', '/a', '/b', 'c'), { maxLength: 5 })
    .map((parts) => `/${parts.join('')}`.replaceAll(/\/+/g, '/'))
  fc.assert(
    fc.property(plain, plain, readings, (earlier, later, reading) => {
      if (!coversPath(earlier, later)) return
      const escaped =
        compilePathPattern(later).matches(reading) && !compilePathPattern(earlier).matches(reading)
      if (escaped) throw new Error(`${earlier} does not cover ${later}: ${reading}`)
    }),
    { numRuns: 10_000 },
  )
})

t.test('covers', async (t) => {
  t.ok(coversPath('/', '/a'))
  t.ok(coversPath('/**', '/a/'))
  t.ok(coversPath('/a/', '/a/*/b'))
  t.ok(coversPath('/a/**', '/a/'))
  t.ok(coversPath('/*/', '/a/'))
  t.ok(coversPath('/*/', '/*/b'))
  t.ok(coversPath('/a/*', '/a/b'))
  t.ok(coversPath('/*/b/**', '/a/b/c/'))
  t.notOk(coversPath('/a/', '/a'))
  t.notOk(coversPath('/a', '/a/'))
  t.notOk(coversPath('/*', '/a/'))
  t.notOk(coversPath('/*', '/a/b'))
  t.notOk(coversPath('/a/', '/*/b'))
  t.notOk(coversPath('/a/*', '/a/'))
})
