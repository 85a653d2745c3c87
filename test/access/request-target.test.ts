import t from 'tap'
import { parseRequestTarget } from '../../src/access/request-target.js'

const parse = (target: string, { method = 'GET', host = 'app.example.com' } = {}) =>
  parseRequestTarget({ method, target, host })

t.test('a plain target has one reading, itself', async (t) => {
  t.same(parse('/a/b.css?c=/../d'), {
    kind: 'target',
    raw: '/a/b.css?c=/../d',
    originForm: '/a/b.css?c=/../d',
    path: '/a/b.css',
    query: 'c=/../d',
    readings: ['/a/b.css'],
  })
})

t.test('HOP-10 path and query stay as sent, whatever the readings', async (t) => {
  const path = '/a/./b//c/%2e%2e/%zz;v=1/...slug'
  const parsed = parse(`${path}?q=%2F;x`)
  t.match(parsed, { kind: 'target', originForm: `${path}?q=%2F;x`, path, query: 'q=%2F;x' })
  t.match(parsed, { readings: [path.replaceAll('%2e', '%2E')] }, 'hexadecimal digits aside')
})

const readings = (target: string) => {
  const parsed = parse(target)
  return parsed.kind === 'target' ? parsed.readings : [parsed.code]
}

t.test('promise 1: the readings that design names are all there', async (t) => {
  t.has(new Set(readings('/a%2Fb')), new Set(['/a%2Fb', '/a/b']), 'decoded')
  t.ok(readings('/%252e%252e/b').includes('/b'), 'decoded twice, dot segments resolved')
  t.ok(readings('/a//b').includes('/a/b'), 'slashes merged')
  t.ok(readings('/a\\b').includes('/a/b'), 'backslash as slash')
  t.ok(readings('/a;x=1/b').includes('/a/b'), 'path parameters dropped')
  t.ok(readings('/a/..;/b').includes('/b'), 'and all of them in any order')
  t.ok(readings('/a/..//../../b').includes('/b'), 'never above the root')
})

t.test('SMU-7 BFF-4 an absolute form must name the host of the Host header', async (t) => {
  const parsed = parse('http://APP.example.com:8080/a?b')
  t.match(parsed, { kind: 'target', originForm: '/a?b', path: '/a', query: 'b' })
  t.match(parse('http://app.example.com'), { originForm: '/', path: '/' })
  t.match(parse('http://app.example.com?b'), { originForm: '/?b', query: 'b' })
  for (const target of [
    'http://evil.example/',
    'http://app.example.com@evil.example/',
    'http://app.example.com\\.evil.example/',
    'http:///a',
  ]) {
    t.match(parse(target), { kind: 'refused', code: 'ERR_REQUEST_TARGET_HOST' }, target)
  }
  t.match(
    parse('http:///a', { host: '' }),
    { code: 'ERR_REQUEST_TARGET_HOST' },
    'no host is not the same host',
  )
})

t.test('other forms are refused, the asterisk but for OPTIONS', async (t) => {
  for (const target of ['*', '', 'a', 'app.example.com:443', 'ftp://app.example.com/']) {
    t.match(parse(target), { kind: 'refused', code: 'ERR_REQUEST_TARGET_FORM' }, target)
  }
  t.match(parse('*', { method: 'OPTIONS' }), { kind: 'target', readings: ['*'] })
})

t.test('control bytes, spaces and fragments are refused wherever they stand', async (t) => {
  for (let byte = 0; byte <= 0x20; byte++) {
    const character = String.fromCharCode(byte)
    t.match(parse(`/a${character}`), { code: 'ERR_REQUEST_TARGET_CONTROL' }, `${byte} in the path`)
    t.match(parse(`/?${character}`), { code: 'ERR_REQUEST_TARGET_CONTROL' }, `${byte} in the query`)
  }
  t.match(parse('/a\x7f'), { code: 'ERR_REQUEST_TARGET_CONTROL' })
  t.match(parse('/a%00'), { code: 'ERR_REQUEST_TARGET_CONTROL' })
  t.match(parse('/a%250d'), { code: 'ERR_REQUEST_TARGET_CONTROL' })
  t.match(parse('/?a=%00'), { kind: 'target' }, 'a query may have them encoded')
  t.match(parse('/a#b'), { code: 'ERR_REQUEST_TARGET_FRAGMENT' })
  t.match(parse('/?a#b'), { code: 'ERR_REQUEST_TARGET_FRAGMENT' })
  t.match(parse('/\u0100'), { code: 'ERR_REQUEST_TARGET_CONTROL' }, 'no byte at all')
})

t.test('a reason never repeats the target', async (t) => {
  for (const target of ['/secret\n', '/secret#', 'secret', 'http://secret/', '/secret%00']) {
    const parsed = parse(target)
    t.equal(parsed.kind, 'refused')
    if (parsed.kind === 'refused') t.notMatch(parsed.reason, 'secret')
  }
})
