import * as fc from 'fast-check'
import t from 'tap'
import { parseRequestTarget } from '../../src/access/request-target.js'
import { compileRoutes } from '../../src/access/route-table.js'
import type { RouteConfig } from '../../src/config/schema.js'
import { routeConfig } from './fixtures.js'

const tableOf = (...matches: RouteConfig['match'][]) =>
  compileRoutes(
    matches.map((match) => routeConfig(match)),
    { basePath: '/oauth2' },
  )

const locate = (
  table: ReturnType<typeof tableOf>,
  target: string,
  { method = 'GET', host = 'app.example.com' } = {},
) => {
  const facts = { method, target, host }
  const parsed = parseRequestTarget(facts)
  const location = parsed.kind === 'target' ? table.locate(facts, parsed) : parsed
  return location.kind === 'route' ? location.index : location.kind
}

t.test('the first match wins', async (t) => {
  const table = tableOf({ path: '/a/b' }, { path: '/a/' }, { path: '/a/c' })
  t.equal(locate(table, '/a/b'), 0)
  t.equal(locate(table, '/a/c'), 1)
  t.equal(locate(table, '/x'), 'none')
  t.equal(locate(table, '*', { method: 'OPTIONS' }), 'none')
  t.same(
    table.routes.map(({ index }) => index),
    [0, 1, 2],
  )
})

t.test("Valetkey's own endpoints stand before every route, on every host", async (t) => {
  const table = tableOf({ path: '/' }, { path: '/oauth2/' })
  for (const target of ['/oauth2', '/oauth2/', '/oauth2/auth', '/oauth2/any']) {
    t.equal(locate(table, target, { host: 'other.example' }), 'own', target)
  }
  t.equal(locate(table, '/oauth2x'), 0)
  t.equal(locate(table, '/x/../oauth2/auth'), 'refused')
})

t.test('a route of other methods is skipped', async (t) => {
  const table = tableOf({ path: '/', methods: ['GET', 'HEAD'] }, { path: '/' })
  t.equal(locate(table, '/'), 0)
  t.equal(locate(table, '/', { method: 'POST' }), 1)
  t.equal(locate(table, '/', { method: 'get' }), 1, 'methods are case-sensitive')
})

t.test('hosts match as a whole, wildcards at a label boundary', async (t) => {
  const table = tableOf(
    { host: 'App.Example.com', path: '/' },
    { host: '*.example.com', path: '/' },
    { host: 'bücher.example', path: '/' },
  )
  t.equal(locate(table, '/', { host: 'app.example.com' }), 0)
  t.equal(locate(table, '/', { host: 'app.example.com.' }), 0, 'with a trailing dot too')
  t.equal(locate(table, '/', { host: 'a.b.example.com' }), 1)
  t.equal(locate(table, '/', { host: 'x.example.com.' }), 1)
  t.equal(locate(table, '/', { host: 'xn--bcher-kva.example' }), 2)
  for (const host of ['example.com', 'evil-example.com', '.example.com', 'example.com.evil', '']) {
    t.equal(locate(table, '/', { host }), 'none', host)
  }
})

t.test('HOP-10 a target whose readings disagree is refused', async (t) => {
  const table = tableOf({ path: '/public/' }, { path: '/' })
  t.equal(locate(table, '/public/%2e%2e/admin'), 'refused')
  t.equal(locate(table, '/public/a/../b'), 0, 'but not if all of them stay within the route')
  t.equal(locate(tableOf({ path: '/' }), '/a/../b//%2e;/x'), 0)
})

t.test('another case of a route is refused where it would take another route', async (t) => {
  const table = tableOf({ path: '/Admin/' }, { path: '/' })
  t.equal(locate(table, '/Admin/x'), 0)
  t.equal(locate(table, '/admin/x'), 'refused')
  t.equal(locate(table, '/ADMIN/X'), 'refused')
  t.equal(locate(tableOf({ path: '/Admin/' }), '/admin/'), 'refused', 'nothing is no route either')
})

t.test('case counts where two routes differ by case only', async (t) => {
  const table = tableOf({ path: '/Docs/' }, { path: '/docs/' }, { path: '/' })
  t.equal(locate(table, '/Docs/'), 0)
  t.equal(locate(table, '/docs/'), 1)
})

// What servers are known to do with a path, each written on its own. Undefined: the server refuses it.
const decode = (path: string) =>
  path.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
const normalize = (path: string) => {
  const kept: string[] = []
  for (const segment of path.split('/').slice(1)) {
    if (segment === '..') kept.pop()
    else if (segment !== '.') kept.push(segment)
  }
  return `/${kept.join('/')}${/\/\.{1,2}$/.test(path) && kept.length > 0 ? '/' : ''}`
}
const merge = (path: string) => path.replaceAll(/\/+/g, '/')
const servers: Record<string, (path: string) => string> = {
  'as sent': (path) => path,
  nginx: (path) => normalize(merge(decode(path))),
  'nginx, merge_slashes off': (path) => normalize(decode(path)),
  'nginx behind nginx': (path) => normalize(merge(decode(normalize(merge(decode(path)))))),
  WSGI: decode,
  'URL Standard': (path) => new URL(`http://host${path}`).pathname,
  'URL Standard against a base': (path) => {
    try {
      return new URL(path, 'http://host').pathname
    } catch {
      return path
    }
  },
  'URL Standard, then decoded': (path) => decode(new URL(`http://host${path}`).pathname),
  'RFC 3986': (path) =>
    normalize(path.replaceAll(/%(2d|2e|5f|7e|3\d|[46][1-9a-f]|[57][0-9a])/gi, decode)),
  Tomcat: (path) => merge(normalize(merge(decode(path.replaceAll(/;[^/]*/g, ''))))),
  'Tomcat, backslashes allowed': (path) =>
    normalize(merge(decode(path.replaceAll(/;[^/]*/g, '')).replaceAll('\\', '/'))),
  'normpath of what ends in dots': (path) =>
    /\/\.{1,2}$/.test(decode(path))
      ? normalize(merge(decode(path))).replace(/(?<=.)\/$/, '')
      : path,
  Windows: (path) =>
    normalize(
      merge(
        decode(path)
          .replaceAll('\\', '/')
          .replaceAll(/(?<=[^/. ])[. ]+(?=\/|$)/g, ''),
      ),
    ),
}
const paths = ['/a/', '/b/*/c', '/b', '/a/x', '/c/**', '/']
const naiveRoute = (path: string, flags = '') =>
  ['/oauth2(/.*)?', '/a/.*', '/b/[^/]+/c', '/b', '/a/x', '/c/.*', '/.*'].findIndex((pattern) =>
    new RegExp(`^${pattern}$`, `s${flags}`).test(path),
  )

t.test('promise 1: what passes takes the same route in every known server', async (t) => {
  const table = tableOf(...paths.map((path) => ({ path })))
  const piece = fc.constantFrom(
    '/',
    '/',
    '/',
    'a',
    'b',
    'c',
    'x',
    'A',
    '.',
    '..',
    '/..',
    '/.',
    '%2e',
    '%2E',
    '%2f',
    '%5c',
    '\\',
    ';',
    ';p=1',
    '%3b',
    '%252e',
    '%252f',
    '%61',
    '%41',
    '//',
    '%20',
    '%',
    'oauth2',
    '%25',
    '%3f',
    '2e',
    '?',
    '~',
    'é',
  )
  const target = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`)
  let passed = 0
  fc.assert(
    fc.property(target, (text) => {
      const candidate = Buffer.from(text).toString('latin1')
      const location = locate(table, candidate)
      if (location === 'refused') return true
      const expected = location === 'own' ? 0 : Number(location) + 1
      const path = candidate.replace(/\?.*/s, '')
      passed++
      return Object.values(servers).every((read) => {
        const reading = read(path)
        return naiveRoute(reading) === expected && naiveRoute(reading, 'i') === expected
      })
    }),
    { numRuns: 10_000 },
  )
  t.ok(passed > 2000, `${passed} targets passed`)
})
