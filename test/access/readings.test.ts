import t from 'tap'
import { foldCase, readingsOf } from '../../src/access/readings.js'

t.test('a path that everybody reads alike has one reading', async (t) => {
  for (const path of ['/', '/a/b.c', '/...slug', '/a..b/', '/~a/@b:c,d=e+f']) {
    t.same(readingsOf(path), [path])
  }
})

t.test('every reading is found, whatever the order of steps', async (t) => {
  const cases: [path: string, reading: string][] = [
    ['/a/%252e%252e%255c..;x=y/b', '/b'],
    ['/a/..;/b', '/b'],
    ['/a/%2e%2e%2fb', '/b'],
    ['/a%2f%2e%2e%2fb', '/b'],
    ['/a/%c0%ae%c0%ae%c0%afb', '/b'],
    ['/a/%ef%bc%8e%ef%bc%8e%ef%bc%8fb', '/b'],
    ['/a/%u002e%u002e/b', '/b'],
    ['/a/%%32e%%32e/b', '/b'],
    ['/a/.. /b'.replace(' ', '%20'), '/b'],
    ['/a./b', '/a/b'],
    ['//host/b', '/b'],
    ['/b%3f/../a', '/b'],
    ['/a/b/..', '/a'],
    ['/a/b/..', '/a/'],
    ['/%DF', '/\xc3\x9f'],
  ]
  for (const [path, reading] of cases) t.ok(readingsOf(path)?.includes(reading), path)
})

t.test('the readings of a reading are among them', async (t) => {
  for (const path of ['/a%252Fb/..;/c', '/a\\..%5cb//c', '/%c0%af%EF%BC%8E/x;y']) {
    const readings = readingsOf(path) ?? []
    for (const reading of readings) {
      for (const further of readingsOf(reading) ?? ['too many']) {
        t.ok(readings.includes(further), `${path}: ${encodeURI(further)}`)
      }
    }
  }
})

t.test('too many readings are none', async (t) => {
  t.equal(readingsOf(`/${'%2525'.repeat(500)};/.//\\..//%2f`), undefined)
  t.equal(readingsOf(`/${'a%20'.repeat(20_000)}`), undefined)
})

const utf8 = (text: string) => Buffer.from(text).toString('latin1')

t.test('case is folded as servers do, by way of upper case too', async (t) => {
  t.equal(foldCase('/Admin'), '/admin')
  t.equal(foldCase(utf8('/ÜBER')), utf8('/über'))
  t.equal(foldCase(utf8('/adm\u0131n')), '/admin')
  t.equal(foldCase(utf8('/\u017fecret')), '/secret')
  t.equal(foldCase(utf8('/STRAẞE')), foldCase(utf8('/straße')))
  t.equal(foldCase('/A\xe9'), '/a\xe9', 'bytes that are no UTF-8 stay')
})
