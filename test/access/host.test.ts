import t from 'tap'
import { parseHost } from '../../src/access/host.js'

t.test('SMU-7 reads names, addresses and ports', async (t) => {
  t.same(parseHost('App.Example.COM'), { name: 'app.example.com' })
  t.same(parseHost('app.example.com.:8080'), { name: 'app.example.com', port: 8080 })
  t.same(parseHost('localhost:'), { name: 'localhost' })
  t.same(parseHost('[2001:DB8::1]:443'), { name: '[2001:db8::1]', port: 443 })
  t.same(parseHost('my_service:80'), { name: 'my_service', port: 80 })
})

t.test('SMU-7 reads nothing else', async (t) => {
  for (const value of [
    undefined,
    '',
    '.',
    ':80',
    'a b',
    'a,b',
    'a/b',
    'a@b',
    'a\\b',
    'a?b',
    'a#b',
    'a%2eb',
    'a..b',

    '.a',
    'a:99999',
    'a:x',
    'a:1:2',
    '[::1',
    '::1',
    '[a]',
    '[::1]x',
    'é',
    'ａ',
    'a\0',
    'a\n',
    'a'.repeat(301),
  ]) {
    t.equal(parseHost(value), undefined, JSON.stringify(value))
  }
})
