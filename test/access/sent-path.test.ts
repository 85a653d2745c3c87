import t from 'tap'
import { compileRoutes } from '../../src/access/route-table.js'
import { parseRequestTarget } from '../../src/access/request-target.js'
import { upstreamBasePath, withoutPrefix } from '../../src/access/sent-path.js'
import { routeConfig } from './fixtures.js'

t.test('takes the prefix off and leaves every other byte', async (t) => {
  t.equal(withoutPrefix('/app/a/%zz?b', '/app'), '/a/%zz?b')
  t.equal(withoutPrefix('/app/', '/app'), '/')
  t.equal(withoutPrefix('/app', '/app'), '/')
  t.equal(withoutPrefix('/app?a', '/app'), '/?a')
})

t.test('the base path of an upstream', async (t) => {
  t.equal(upstreamBasePath('http://app'), '')
  t.equal(upstreamBasePath('https://app/base//'), '/base')
  t.equal(upstreamBasePath('unix:/run/app.sock'), '')
})

const { forward, ...plain } = routeConfig({ path: '/' })
const stripping = (path: string) => ({
  ...plain,
  match: { path },
  forward: { ...forward, stripPrefix: '/app' },
})

const kindOf = (configs: (typeof plain & { forward: typeof forward })[], target: string) => {
  const facts = { method: 'GET', host: 'a', target }
  const parsed = parseRequestTarget(facts)
  if (parsed.kind === 'refused') return parsed.kind
  const location = compileRoutes(configs, { basePath: '/oauth2' }).locate(facts, parsed)
  return location.kind === 'route' ? location.index : location.kind
}

t.test('HOP-10 a request whose bytes do not begin with the prefix is refused', async (t) => {
  const routes = [stripping('/app/'), stripping('/app')]
  for (const target of ['/app/', '/app/x', '/app/x?/../..', '/app/%20', '/app/x/../y', '/app']) {
    t.type(kindOf(routes, target), 'number', target)
  }
  for (const target of ['/%61pp/x', '//app/x', '/x/../app/x', '/./app/x', '/APP/x', '/app;a/x']) {
    t.equal(kindOf(routes, target), 'refused', target)
  }
})

t.test('HOP-10 what is left behind the prefix must not lead to another route', async (t) => {
  const routes = [stripping('/app/admin/'), stripping('/app/')]
  t.equal(kindOf(routes, '/app/admin/x'), 0)
  t.equal(kindOf(routes, '/app/x'), 1)
  for (const target of [
    '/app//host/admin/x',
    '/app//admin/x',
    '/app/\\host/admin/x',
    '/app//HOST/ADMIN/x',
  ]) {
    t.equal(kindOf(routes, target), 'refused', target)
  }
})

t.test('HOP-10 no reading leads out of the base path of the upstream', async (t) => {
  const routes = [{ ...plain, forward, upstream: 'http://app/base' }]
  t.equal(kindOf(routes, '/a/../b'), 0)
  t.equal(kindOf(routes, '/a//b'), 0)
  for (const target of ['/../x', '/%2e%2e/x', '/a/../../x', '/..']) {
    t.equal(kindOf(routes, target), 'refused', target)
  }
  const escaped = [{ ...plain, forward, upstream: 'http://app/a%20b' }]
  t.equal(kindOf(escaped, '/%20/x'), 0, 'a base path may have escapes itself')
  t.equal(kindOf(escaped, '/../x'), 'refused')
  t.equal(kindOf([{ ...plain, forward }], '/../x'), 0, 'where there is none, there is no way out')
})
