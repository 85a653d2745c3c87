import t from 'tap'
import { createClientFacts } from '../../src/access/forwarded.js'
import {
  isAddressOrCidr,
  isHostName,
  isLoopbackHost,
  parseHttpUrl,
  parseListenAddress,
} from '../../src/config/addresses.js'

t.test('loopback is what never leaves the machine', async (t) => {
  for (const host of ['localhost', 'a.localhost', '127.0.0.1', '127.255.0.9', '[::1]']) {
    t.ok(isLoopbackHost(host), host)
  }
  for (const host of [
    'localhost.example',
    'notlocalhost',
    '127.0.0.1.example',
    '0.0.0.0',
    '[::]',
    '',
  ]) {
    t.notOk(isLoopbackHost(host), host)
  }
})

t.test('spellings that browsers turn into loopback addresses count as such', async (t) => {
  for (const url of ['http://2130706433', 'http://127.1', 'http://0x7f.1', 'http://LOCALHOST']) {
    t.ok(isLoopbackHost(parseHttpUrl(url)?.hostname ?? ''), url)
  }
})

t.test('URLs are read strictly', async (t) => {
  for (const text of [
    'https:a',
    'https:/a',
    'https:///a',
    ' https://a',
    'https://a b',
    'https:\\\\a',
    'https://',
    'https://a:99999',
  ]) {
    t.equal(parseHttpUrl(text), undefined, text)
  }
  t.equal(parseHttpUrl('HTTPS://A.example')?.origin, 'https://a.example')
})

t.test('host names are labels, and no addresses', async (t) => {
  for (const name of ['a', 'a-b.example', '1.example', 'xn--4ca.example'])
    t.ok(isHostName(name), name)
  for (const name of [
    '',
    '.a',
    'a.',
    '-a',
    'a-',
    'a..b',
    'a_b',
    'ä',
    '10.0.0.1',
    'a:1',
    `${'a'.repeat(64)}.b`,
  ]) {
    t.notOk(isHostName(name), name)
  }
})

t.test('networks', async (t) => {
  const networks = ['10.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8', '::/128']
  t.ok(createClientFacts({ trustedProxies: networks }), 'the reader of addresses takes them too')
  for (const text of networks) {
    t.ok(isAddressOrCidr(text), text)
  }
  for (const text of [
    '',
    '10.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/-1',
    'a/8',
    'fe80::1%eth0',
  ]) {
    t.notOk(isAddressOrCidr(text), text)
  }
})

t.test('addresses to listen on', async (t) => {
  t.strictSame(parseListenAddress('0.0.0.0:4180'), { host: '0.0.0.0', port: 4180 })
  t.strictSame(parseListenAddress('[::1]:0'), { host: '::1', port: 0 })
  t.strictSame(parseListenAddress('localhost:80'), { host: 'localhost', port: 80 })
  for (const text of [
    '',
    '4180',
    ':4180',
    '::1:80',
    '[::1]',
    'a:65536',
    'a:1:2',
    '[a]:1',
    '1.2.3:4',
  ]) {
    t.equal(parseListenAddress(text), undefined, text)
  }
})
