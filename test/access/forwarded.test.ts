import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import t from 'tap'
import { createClientFacts, forwardingHeaders } from '../../src/access/forwarded.js'
import { headersOf } from '../../src/raw-headers.js'

const facts = createClientFacts({ trustedProxies: ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'] })
const headers = (fields: Record<string, string | string[]>) =>
  Object.entries(fields).flatMap(([name, values]) => [values].flat().flatMap((v) => [name, v]))

t.test(
  'FWD-2 what an untrusted peer says is ignored, and by default nobody is trusted',
  async (t) => {
    const raw = headers({
      'X-Forwarded-For': '10.0.0.1',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'evil.example',
      Forwarded: 'for=10.0.0.1;proto=https;host=evil.example',
    })
    const untrusted = {
      clientAddress: '203.0.113.5',
      forwardedFor: '203.0.113.5',
      trusted: false,
    }
    t.same(facts('203.0.113.5', raw), untrusted)
    t.same(facts('::ffff:203.0.113.5', raw), untrusted)
    t.same(createClientFacts({ trustedProxies: [] })('10.0.0.1', raw), {
      clientAddress: '10.0.0.1',
      forwardedFor: '10.0.0.1',
      trusted: false,
    })
    t.match(facts(undefined, raw), { clientAddress: '', trusted: false }, 'an unknown peer')
  },
)

const client = (value: string | string[]) =>
  facts('10.0.0.1', headers({ 'X-Forwarded-For': value }))

t.test('FWD-3 the client is the rightmost address that is no trusted proxy', async (t) => {
  t.match(client('198.51.100.1'), {
    clientAddress: '198.51.100.1',
    forwardedFor: '198.51.100.1, 10.0.0.1',
    trusted: true,
  })
  t.match(client('1.1.1.1, 198.51.100.1, 10.0.0.2'), {
    clientAddress: '198.51.100.1',
    forwardedFor: '198.51.100.1, 10.0.0.2, 10.0.0.1',
  })
  t.match(client(['1.1.1.1', '198.51.100.1']), { clientAddress: '198.51.100.1' }, 'several lines')
  t.match(client('10.9.9.9, 198.51.100.1'), { clientAddress: '198.51.100.1' }, 'a spoofed proxy')
  t.match(client('10.0.0.3, 10.0.0.2'), { clientAddress: '10.0.0.3' }, 'all trusted')
  t.match(client('198.51.100.1:1234'), { clientAddress: '198.51.100.1' })
  t.match(client('[2001:db9::1]:80, 2001:DB8::5'), { clientAddress: '2001:db9::1' })
  t.match(client('::ffff:198.51.100.1'), { clientAddress: '198.51.100.1' })
  t.match(client('198.51.100.1, , '), { clientAddress: '198.51.100.1' })
})

t.test('FWD-3 what is no address ends the chain at the proxy that said so', async (t) => {
  for (const value of [
    'unknown',
    '_hidden',
    'x, unknown',
    '',
    ',',
    '1.2.3',
    '1.2.3.4.5',
    'evil"',
  ]) {
    const raw = headers({ 'X-Forwarded-For': value })
    t.match(facts('10.0.0.1', raw), { clientAddress: '10.0.0.1' }, value)
    t.match(facts('10.0.0.1', headers({ 'X-Forwarded-For': `${value}, 10.0.0.2` })), {
      clientAddress: '10.0.0.2',
    })
  }
})

t.test('FWD-1 Forwarded counts where no X-Forwarded-* do', async (t) => {
  const saidBy = (...values: string[]) => facts('10.0.0.1', headers({ forwarded: values }))
  t.match(saidBy('for=198.51.100.1;proto=https;host=app.example.com:8443'), {
    clientAddress: '198.51.100.1',
    scheme: 'https',
    host: 'app.example.com:8443',
  })
  t.match(saidBy('For="[2001:db9:cafe::17]:4711" ; Proto=HTTPS'), {
    clientAddress: '2001:db9:cafe::17',
    scheme: 'https',
  })
  t.match(saidBy('for=1.1.1.1;host=evil.example, for=198.51.100.1;host=app.example.com'), {
    clientAddress: '198.51.100.1',
    host: 'app.example.com',
  })
  t.match(saidBy('for="1.1.1.1, 2.2.2.2", for=198.51.100.1'), { clientAddress: '198.51.100.1' })
  t.match(saidBy('host=evil.example', 'for=198.51.100.1;host=app.example.com'), {
    host: 'app.example.com',
  })
  for (const open of ['for="', 'for="\\"', 'for="x", "', 'x="\\']) {
    t.match(
      saidBy(`${open}, for="[2001:db9::1]:80";host=app.example.com`),
      { clientAddress: '2001:db9::1', host: 'app.example.com' },
      `an open quote hides nobody: ${open}`,
    )
  }
  t.match(
    facts(
      '10.0.0.1',
      headers({ 'X-Forwarded-For': '198.51.100.1', Forwarded: 'for=1.1.1.1;host=evil.example' }),
    ),
    { clientAddress: '198.51.100.1', host: undefined },
    'a proxy that maintains the one passes the other on as the client sent it',
  )
})

const said = (fields: Record<string, string>) => {
  const { scheme, host } = facts('10.0.0.1', headers(fields))
  return { scheme, host }
}

t.test('FWD-4 scheme and host are what the outermost trusted proxy said', async (t) => {
  t.same(said({ 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'app.example.com' }), {
    scheme: 'https',
    host: 'app.example.com',
  })
  t.same(
    said({
      'X-Forwarded-For': '198.51.100.1',
      'X-Forwarded-Proto': 'http, https',
      'X-Forwarded-Host': 'evil.example, app.example.com',
    }),
    { scheme: 'https', host: 'app.example.com' },
    'what stands left of it is the client’s',
  )
  t.same(
    said({ 'X-Forwarded-For': '198.51.100.1, 10.0.0.2', 'X-Forwarded-Proto': 'https, http' }),
    { scheme: 'https', host: undefined },
    'two proxies',
  )
  t.match(said({ 'X-Forwarded-Proto': 'wss' }), { scheme: 'https' }, 'Traefik, of a WebSocket')
  t.match(said({ 'X-Forwarded-Proto': 'WS' }), { scheme: 'http' })
  for (const host of ['evil.example/', 'a@evil.example', 'evil example', '%65vil', '']) {
    t.same(said({ 'X-Forwarded-Host': host, 'X-Forwarded-Proto': 'gopher' }), {
      scheme: undefined,
      host: undefined,
    })
  }
  t.same(said({ X_Forwarded_Proto: 'https', 'X_Forwarded-Host': 'evil.example' }), {
    scheme: undefined,
    host: undefined,
  })
})

t.test('FWD-1 the headers for the upstream are rebuilt', async (t) => {
  const asked = { scheme: 'http', host: 'app.example.com' }
  t.same(headersOf(forwardingHeaders(facts('203.0.113.5', []), asked)), [
    ['X-Forwarded-For', '203.0.113.5'],
    ['X-Forwarded-Proto', 'http'],
    ['X-Forwarded-Host', 'app.example.com'],
    ['X-Forwarded-Port', '80'],
    ['X-Real-IP', '203.0.113.5'],
  ])
  const raw = headers({
    'X-Forwarded-For': '6.6.6.6, 198.51.100.1',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Host': 'www.example.com',
  })
  t.same(headersOf(forwardingHeaders(facts('10.0.0.1', raw), asked)), [
    ['X-Forwarded-For', '198.51.100.1, 10.0.0.1'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Host', 'www.example.com'],
    ['X-Forwarded-Port', '443'],
    ['X-Real-IP', '198.51.100.1'],
  ])
})

const portOf = (peer: string, host: string, fields: Record<string, string> = {}) =>
  new Map(
    headersOf(forwardingHeaders(facts(peer, headers(fields)), { scheme: 'https', host })),
  ).get('X-Forwarded-Port')

t.test('FWD-4 the port is the host’s, or what the outermost trusted proxy said', async (t) => {
  t.equal(portOf('203.0.113.5', 'app.example.com:8443'), '8443')
  t.equal(portOf('203.0.113.5', '[::1]:8443', { 'X-Forwarded-Port': '1' }), '8443')
  t.equal(portOf('203.0.113.5', 'app.example.com', { 'X-Forwarded-Port': '1' }), '443')
  const [proxy, host] = ['10.0.0.1', 'app.example.com']
  t.equal(portOf(proxy, host, { 'X-Forwarded-Port': '8443' }), '8443')
  t.equal(portOf(proxy, `${host}:444`, { 'X-Forwarded-Port': '8443' }), '444')
  t.equal(portOf(proxy, host, { 'X-Forwarded-Host': `${host}:445` }), '445')
  t.equal(portOf(proxy, host, { 'X-Forwarded-Port': '1, 8443' }), '8443')
  t.equal(portOf(proxy, host, { 'X-Forwarded-Proto': 'http' }), '80')
  for (const port of ['0', '65536', '-1', 'x', '8443x', '']) {
    t.equal(portOf(proxy, host, { 'X-Forwarded-Port': port }), '443', port)
  }
})

t.test('FWD-1 a long Forwarded costs no more than reading it', async (t) => {
  const startedAt = performance.now()
  facts('10.0.0.1', headers({ Forwarded: 'a'.repeat(64 * 1024) }))
  t.ok(performance.now() - startedAt < 1000)
})

t.test('FWD-3 what a client puts before the proxies’ own words changes nothing', async () => {
  const names = ['X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'X-Forwarded-Port']
  const invented = fc.tuple(
    fc.constantFrom(...names, 'Forwarded', 'x-forwarded-for', 'X_Forwarded_For', 'X-Real-IP'),
    fc.oneof(
      fc.constantFrom(
        '10.0.0.1',
        '10.0.0.2, 10.0.0.3',
        'http',
        'evil.example',
        '6666',
        '"',
        ',',
        '',
      ),
      fc.constantFrom('for="', 'for=10.0.0.1;host=evil.example', '\\', 'for="a, b', '[::1', ', , '),
      fc.string({ unit: 'binary-ascii' }),
    ),
  )
  const own = headers({
    'X-Forwarded-For': '198.51.100.1',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Host': 'app.example.com',
    'X-Forwarded-Port': '8443',
  })
  const alone = facts('10.0.0.1', own)
  fc.assert(
    fc.property(fc.array(invented, { maxLength: 5 }), (spoofed) => {
      return isDeepStrictEqual(facts('10.0.0.1', [...spoofed.flat(), ...own]), alone)
    }),
    { numRuns: 5000 },
  )
})

t.test('a range that is none is an error that names it', async (t) => {
  const ranges = [
    '',
    'x',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '::/129',
    '10.0.0/8',
    '::1/-1',
  ]
  for (const range of ranges) {
    t.throws(() => createClientFacts({ trustedProxies: [range] }), {
      code: 'ERR_ACCESS_TRUSTED_PROXY',
      message: `"${range}" must be an IP address or a CIDR`,
    })
  }
  t.match(createClientFacts({ trustedProxies: ['0.0.0.0/0', '::/0'] })('::1', []), {
    trusted: true,
  })
})
