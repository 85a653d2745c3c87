import * as fc from 'fast-check'
import t from 'tap'
import { createClientFacts } from '../../src/access/forwarded.js'
import { readOriginalRequest } from '../../src/access/original-request.js'

const clientFacts = createClientFacts({ trustedProxies: ['10.0.0.0/8'] })
const read = (peer: string, rawHeaders: readonly string[]) =>
  readOriginalRequest(clientFacts(peer, rawHeaders), rawHeaders, 'https')
const saidBy = (headers: Record<string, string>) => read('10.0.0.1', Object.entries(headers).flat())

const asNginx = {
  Host: '127.0.0.1:4180',
  'X-Original-URL': 'https://app.example.com:8443/a/../b?x=1',
  'X-Original-Method': 'POST',
}
const asTraefik = {
  Host: 'valetkey:4180',
  'X-Forwarded-Method': 'PUT',
  'X-Forwarded-Proto': 'http',
  'X-Forwarded-Host': 'app.example.com',
  'X-Forwarded-Uri': '/a%2fb?x=1',
  'X-Forwarded-For': '198.51.100.1',
}

t.test('ING-1 ING-2 each ingress says it in its way', async (t) => {
  t.same(saidBy(asNginx), {
    kind: 'original',
    method: 'POST',
    target: '/a/../b?x=1',
    host: 'app.example.com:8443',
    scheme: 'https',
  })
  t.same(saidBy({ ...asNginx, Host: 'app.example.com', 'X-Original-URL': '//b;c?' }), {
    kind: 'original',
    method: 'POST',
    target: '//b;c?',
    host: 'app.example.com',
    scheme: 'https',
  })
  t.same(saidBy(asTraefik), {
    kind: 'original',
    method: 'PUT',
    target: '/a%2fb?x=1',
    host: 'app.example.com',
    scheme: 'http',
  })
  t.match(saidBy({ ...asTraefik, 'X-Forwarded-Proto': 'wss' }), { scheme: 'https' })
  t.match(
    saidBy({ Host: 'a.example', 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': '/' }),
    { host: 'a.example', scheme: 'https' },
    'what is left out is the subrequest’s own',
  )
  for (const [url, target] of [
    ['http://app.example.com', '/'],
    ['HTTP://app.example.com?a', '/?a'],
    ['http://app.example.com#a', '/#a'],
    ['http://app.example.com//evil.example/', '//evil.example/'],
  ] as const) {
    t.match(saidBy({ ...asNginx, 'X-Original-URL': url }), { target, scheme: 'http' }, url)
  }
})

t.test('FWD-2 nothing is asked where nothing is said, or by nobody who may say it', async (t) => {
  t.equal(saidBy({ Host: 'app.example.com' }), undefined)
  const toReturnTo = {
    'X-Auth-Request-Redirect': '/a',
    'X-Forwarded-Host': 'a',
    X_Original_Url: '/',
  }
  t.equal(saidBy({ Host: 'app.example.com', ...toReturnTo }), undefined)
  for (const headers of [asNginx, asTraefik, { ...asNginx, ...asTraefik }]) {
    t.equal(read('203.0.113.5', Object.entries(headers).flat()), undefined)
  }
})

t.test('HOP-10 what can be read in two ways is refused', async (t) => {
  const refused = (
    code: string,
    headers: Record<string, string>,
    without?: keyof typeof asNginx | keyof typeof asTraefik,
  ) => {
    const said = Object.entries(headers).filter(([name]) => name !== without)
    t.match(
      read('10.0.0.1', said.flat()),
      { kind: 'refused', code: `ERR_ORIGINAL_REQUEST_${code}`, reason: String },
      JSON.stringify(said),
    )
  }
  refused('CONTRADICTION', { ...asNginx, 'X-Forwarded-Uri': '/public/' })
  refused('CONTRADICTION', { ...asNginx, 'X-Forwarded-Method': 'POST' })
  refused('CONTRADICTION', { ...asTraefik, 'X-Original-URL': '/a%2fb?x=1' })
  refused('CONTRADICTION', { ...asTraefik, 'X-Original-Host': 'app.example.com' })
  refused('CONTRADICTION', { ...asNginx, 'X-Forwarded-Host': 'evil.example' })
  refused('CONTRADICTION', { ...asNginx, 'X-Original-Host': 'evil.example' })
  refused('CONTRADICTION', { ...asNginx, 'X-Original-URL': '/', 'X-Original-Host': 'evil.example' })
  refused('CONTRADICTION', {
    ...asNginx,
    'X-Original-URL': '/',
    'X-Forwarded-Host': 'evil.example',
  })
  refused('INCOMPLETE', asNginx, 'X-Original-URL')
  refused('INCOMPLETE', asNginx, 'X-Original-Method')
  refused('INCOMPLETE', asTraefik, 'X-Forwarded-Method')
  refused('INCOMPLETE', asTraefik, 'X-Forwarded-Uri')
  for (const method of ['get', '', 'GET, GET', 'G\u00c9T', 'G'.repeat(41), 'GET /']) {
    refused('MALFORMED', { ...asTraefik, 'X-Forwarded-Method': method })
  }
  for (const url of ['', '*', 'a', 'ftp://app.example.com/', 'https:/a', 'https:\\\\a\\', ' /']) {
    refused('MALFORMED', { ...asNginx, 'X-Original-URL': url })
    refused('MALFORMED', { ...asTraefik, 'X-Forwarded-Uri': url })
  }
  refused('MALFORMED', { ...asTraefik, 'X-Forwarded-Uri': 'https://app.example.com/' })
  for (const host of ['', 'a@app.example.com', 'a b', 'app.example.com\\', '%61pp.example.com']) {
    refused('MALFORMED', { ...asTraefik, 'X-Forwarded-Host': host })
    refused('MALFORMED', { ...asNginx, 'X-Original-URL': `https://${host}/` })
  }
  refused('MALFORMED', { ...asNginx, 'X-Original-URL': '/' }, 'Host')
})

const spoofable = fc.tuple(
  fc.constantFrom(
    'X-Original-URL',
    'x-original-method',
    'X-ORIGINAL-HOST',
    'X-Forwarded-Uri',
    'x-forwarded-method',
    'X-Forwarded-Host',
    'Forwarded',
    'Host',
    'X-Auth-Request-Redirect',
    'X_Forwarded_Uri',
    'X-Rewrite-URL',
    'X-Forwarded-Prefix',
    'X-HTTP-Method-Override',
  ),
  fc.oneof(
    fc.constantFrom('GET', '/public/', 'https://app.example.com/public/', 'evil.example', ''),
    fc.constantFrom(
      'app.example.com',
      'host=evil.example;proto=http',
      'PUT',
      'https://evil.example/',
    ),
    fc.string({ unit: 'binary-ascii' }),
  ),
)

t.test('FWD-2 a client’s headers that an ingress leaves in change nothing', async () => {
  const ingresses = fc.constantFrom(asNginx, asTraefik, {
    ...asNginx,
    Host: 'app.example.com',
    'X-Original-URL': '/b',
  })
  fc.assert(
    fc.property(ingresses, fc.array(spoofable, { maxLength: 4 }), (ingress, spoofed) => {
      const own = Object.entries(ingress).flat()
      const [alone, beside] = [read('10.0.0.1', own), read('10.0.0.1', [...spoofed.flat(), ...own])]
      if (alone?.kind !== 'original' || beside === undefined) return false
      return (
        beside.kind === 'refused' ||
        (beside.method === alone.method &&
          beside.target === alone.target &&
          beside.host.replace(/:.*/, '') === alone.host.replace(/:.*/, ''))
      )
    }),
    { numRuns: 20_000 },
  )
})

t.test('FWD-2 whatever a stranger says is nothing', async () => {
  fc.assert(
    fc.property(fc.array(spoofable, { maxLength: 6 }), (spoofed) => {
      return read('203.0.113.5', spoofed.flat()) === undefined
    }),
    { numRuns: 2000 },
  )
})
