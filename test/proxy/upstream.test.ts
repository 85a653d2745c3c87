import t from 'tap'
import { createUpstream, upstreamTarget } from '../../src/proxy/upstream.js'

const timeouts = { connectMs: 1, responseMs: 2, idleMs: 3 }

t.test('reads the URL of an upstream', async (t) => {
  t.match(createUpstream('http://app:8080', timeouts), {
    origin: 'http://app:8080',
    secure: false,
    hostname: 'app',
    port: 8080,
    serverName: 'app',
    basePath: '',
    timeouts,
  })
  t.match(createUpstream('https://[::1]/base//', timeouts), {
    origin: 'https://[::1]',
    secure: true,
    hostname: '::1',
    port: 443,
    serverName: '',
    basePath: '/base',
  })
})

t.test('refuses what no upstream can be', async (t) => {
  for (const url of ['ftp://a', 'app', 'http://a/?b', 'http://a/#b', 'http://u:p@a']) {
    t.throws(() => createUpstream(url, timeouts), TypeError, url)
  }
})

t.test('HOP-10 joins base path and target without looking into either', async (t) => {
  const upstream = createUpstream('http://app/base/', timeouts)
  t.equal(upstreamTarget(upstream, '/../%zz?x'), '/base/../%zz?x')
  t.equal(upstreamTarget(createUpstream('http://app', timeouts), '//x'), '//x')
})
