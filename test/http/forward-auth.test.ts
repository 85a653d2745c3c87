import t, { type Test } from 'tap'
import { type CorpusLine, readCorpus } from '../attack/corpus.js'
import { startAppInProcess } from '../helpers/app-in-process.js'
import { createEnvoyClient } from '../helpers/envoy-client.js'
import { freePort } from '../helpers/free-port.js'
import { type Reply, send } from '../helpers/send-raw.js'
import { signIn, startStack } from '../helpers/stack.js'
import { startUpstream } from '../helpers/upstream.js'

t.setTimeout(120_000)

const removed = (reply: Reply) => reply.headers.get('x-envoy-auth-headers-to-remove')?.split(',')

const peerAt = (address: string) => ({ address: { socket_address: { address, port_value: 1 } } })

const cookieOf = (line: string) => ({ cookie: line.slice('Cookie: '.length) })

const isOpen = (route: string) => ['public', 'reports', 'login', 'strasse'].includes(route)

const isSuccess = ({ status }: { status: number }) => status >= 200 && status < 300

const isUpstreams = ({ status, headers }: Reply) =>
  status === 200 && !headers.has('x-valetkey-answer')

const navigation = [
  'Accept: text/html',
  'Sec-Fetch-Mode: navigate',
  'Sec-Fetch-Dest: document',
  'Sec-Fetch-Site: none',
]

const spa = 'https://spa.example'

async function start(t: Test) {
  const application = await startUpstream()
  t.teardown(() => application.close())
  const upstream = application.url
  const assertion = { audience: 'https://app.example' }
  const routes = [
    { match: { path: '/public/' }, auth: 'public', upstream },
    { match: { path: '/optional/' }, auth: 'optional', upstream },
    { match: { path: '/admin/' }, require: { groups: ['admins'] }, upstream },
    { match: { path: '/read/', methods: ['GET'] }, auth: 'public', upstream },
    { match: { path: '/header/' }, forward: { accessToken: 'header' }, upstream },
    {
      match: { path: '/none/' },
      forward: { accessToken: 'none', clientAuthorization: 'pass' },
      upstream,
    },
    ...['/reports/*/annual', '/login', '/straße/'].map((path) => ({
      match: { path },
      auth: 'public',
      upstream,
    })),
    { match: { path: '/files/**' }, require: { groups: ['admins'] }, upstream },
    { match: { path: '/asserted/' }, forward: { assertion }, upstream },
    { match: { host: 'other.example', path: '/open/' }, auth: 'public', upstream },
    { match: { path: '/mfa/' }, require: { acr: ['mfa'] }, upstream },
    { match: { path: '/now/' }, require: { maxAge: '2s' }, upstream },
    { match: { path: '/' }, crossOrigin: { origins: [spa] }, upstream },
  ]
  const address = `127.0.0.1:${await freePort()}`
  const stack = await startStack(t, {
    config: {
      trustedProxies: ['127.0.0.1'],
      returnToHosts: ['other.example'],
      extAuthz: { listen: address },
      log: { level: 'info' },
      routes,
    },
  })
  const checks = createEnvoyClient(address)
  t.teardown(() => checks.close())
  const cookies = new Map<string, string>()
  for (const login of ['alice', 'bob']) {
    const client = (await signIn(stack, login, { path: '/oauth2/start?rd=/' })).client
    cookies.set(login, `Cookie: ${client.cookieFor(stack.publicUrl)}; theirs=1`)
  }
  const [alice = '', bob = ''] = [cookies.get('alice'), cookies.get('bob')]
  const publicHost = new URL(stack.publicUrl).host
  return { stack, checks, alice, bob, publicHost }
}

t.test('forward auth', async (t) => {
  const { stack, checks, alice, bob, publicHost } = await start(t)
  const traefik = (target: string, ...more: string[]) => [
    'X-Forwarded-Method: GET',
    `X-Forwarded-Uri: ${target}`,
    `X-Forwarded-Host: ${publicHost}`,
    'X-Forwarded-Proto: http',
    'X-Forwarded-For: 203.0.113.7',
    ...more,
  ]
  const nginx = (target: string, ...more: string[]) => [
    'X-Original-Method: GET',
    `X-Original-URL: http://${publicHost}${target}`,
    ...more,
  ]
  const auth = (lines: readonly string[], query = '', from?: string) =>
    send(stack, `/oauth2/auth${query}`, lines, from === undefined ? {} : { from })
  const ask = (lines: readonly string[]) => send(stack, '/oauth2/forward-auth', lines)
  const envoy = (target: string, lines: readonly string[] = [], options = {}) =>
    send(stack, `/oauth2/ext-authz${target}`, lines, options)
  const acrAskedFor = async (returnTo: string) => {
    const startUrl = `/oauth2/start?rd=${encodeURIComponent(returnTo)}`
    const { headers } = await send(stack, startUrl, [alice, ...navigation])
    return new URL(headers.get('location') ?? '').searchParams.get('acr_values')
  }

  await t.test('ING-1 /auth says 202, 401 or 403, with who it is', async (t) => {
    const granted = await auth(nginx('/x', alice))
    t.equal(granted.status, 202)
    t.equal(granted.body, '')
    t.match(Object.fromEntries(granted.headers), {
      'x-auth-request-user': 'alice',
      'x-auth-request-email': 'alice@example.com',
      'x-auth-request-preferred-username': 'alice',
      'x-auth-request-groups': 'staff,admins',
      authorization: /^Bearer ./,
      cookie: 'theirs=1',
      'cache-control': 'no-store',
      'x-valetkey-answer': 'ACCESS_GRANTED',
    })
    const header = await auth(nginx('/header/', alice))
    t.match(header.headers.get('x-auth-request-access-token'), /^.{20,}$/)
    t.notOk(header.headers.has('authorization'))
    const asserted = await auth(nginx('/asserted/', alice))
    t.match(asserted.headers.get('x-valetkey-assertion'), /^eyJ/)

    const asked = await auth(nginx('/x?a=b&c=d'))
    t.equal(asked.status, 401)
    const login = `${stack.publicUrl}/oauth2/start?rd=%2Fx%3Fa%3Db%26c%3Dd`
    t.equal(asked.headers.get('x-auth-redirect'), login, 'where nginx may send people')
    t.match(asked.body, `"login_url":"${login}"`)
    t.equal((await auth(nginx('/x', ...navigation))).status, 401)
    t.equal((await auth(nginx('/admin/', bob))).status, 403)
    t.equal((await auth(nginx('/admin/', alice))).status, 202)
    const stranger = await auth(nginx('/public/x'))
    t.equal(stranger.status, 202)
    t.notOk(stranger.headers.has('x-auth-request-user'))
  })

  await t.test('ING-5 what a peer says that is not trusted counts for nothing', async (t) => {
    const from = '127.0.0.2'
    for (const say of [nginx, traefik]) {
      t.equal((await auth(say('/public/x'), '', from)).status, 401)
      const own = await auth(say('/admin/', bob), '', from)
      t.equal(own.status, 202, 'any session will do')
      t.equal(own.headers.get('x-auth-request-user'), 'bob')
      t.notOk(own.headers.has('authorization'), 'no token for whoever asks')
      t.notOk(own.headers.has('cookie'))
    }
    const ofRules = /"level":"warn".*rules of routes do not count/
    t.equal((await auth([bob], '', from)).status, 202)
    t.match(stack.valetkey.log.join('\n'), ofRules)
    const open = { from }
    t.equal((await send(stack, '/oauth2/forward-auth', traefik('/public/x'), open)).status, 400)
    t.equal((await envoy('/public/x', [], open)).status, 400)
    t.match(
      stack.valetkey.log.join('\n'),
      /trustedProxies does not list the peer.*|"peer":"127.0.0.2"/,
    )
  })

  await t.test('ING-5 a trusted proxy must say which request it asks about', async (t) => {
    t.equal((await auth([])).status, 403)
    t.equal((await auth([alice])).status, 403)
    t.equal((await ask([alice])).status, 400)
    t.match(stack.valetkey.log.join('\n'), /must say which request it asks about/)
  })

  await t.test('ING-1 the constraints of the query hold as well, and fail closed', async (t) => {
    const one = encodeURIComponent
    const rows: [query: string, bob: number, stranger: number][] = [
      ['?allowed_groups=staff', 202, 401],
      ['?allowed_groups=admins,%20staff', 202, 401],
      ['?allowed_groups=admins', 403, 401],
      ['?allowed_emails=BOB@example.com', 202, 401],
      ['?allowed_emails=alice@example.com', 403, 401],
      ['?allowed_email_domains=example.org,example.com', 202, 401],
      ['?allowed_email_domains=ample.com', 403, 401],
      ['?allowed_groups=staff&allowed_email_domains=example.com', 202, 401],
      ['?allowed_groups=staff&allowed_email_domains=example.org', 403, 401],
      ['?other=1', 202, 401],
      ['?allowed_groups=', 403, 403],
      ['?allowed_groups', 403, 403],
      ['?allowed_groups=staff,', 403, 403],
      ['?allowed_groups=staff&allowed_groups=staff', 403, 403],
      ['?allowed_group=staff', 403, 403],
      ['?Allowed_Groups=staff', 403, 403],
      [`?${one('allowed_groups[]')}=staff`, 403, 403],
    ]
    for (const [query, signedIn, stranger] of rows) {
      for (const [from, say] of [
        ['127.0.0.1', nginx],
        ['127.0.0.2', (): string[] => []],
      ] as const) {
        t.equal((await auth([...say('/x'), bob], query, from)).status, signedIn, query)
        t.equal((await auth(say('/x'), query, from)).status, stranger, query)
      }
    }
    const query = '?allowed_groups=staff'
    t.equal((await auth(nginx('/public/x'), query)).status, 401, 'a public route satisfies none')
    const constrained = await auth(nginx('/public/x', bob), query)
    t.equal(constrained.status, 202)
    t.equal((await auth(nginx('/admin/', bob), query)).status, 403, 'the rules of the route go on')
  })

  await t.test(
    'ING-2 /forward-auth lets through, redirects, or refuses as the client sees it',
    async (t) => {
      const granted = await ask(traefik('/x', alice))
      t.equal(granted.status, 200)
      t.match(Object.fromEntries(granted.headers), {
        'x-forwarded-user': 'alice',
        'x-forwarded-email': 'alice@example.com',
        'x-forwarded-groups': 'staff,admins',
        authorization: /^Bearer ./,
        cookie: 'theirs=1',
      })
      const login = `${stack.publicUrl}/oauth2/start?rd=`
      const redirected = await ask(traefik('/x?a=b', ...navigation))
      t.equal(redirected.status, 302)
      t.equal(redirected.headers.get('location'), `${login}%2Fx%3Fa%3Db`, 'absolute')
      const page = `Referer: ${stack.publicUrl}/page`
      const called = await ask(traefik('/x', page))
      t.equal(called.status, 401)
      t.match(called.body, `"login_url":"${login}%2Fpage"`)
      const posted = traefik('/x', ...navigation).with(0, 'X-Forwarded-Method: POST')
      t.equal((await ask(posted)).status, 401, 'nobody is redirected away from a POST')
      const elsewhere = traefik('/x', ...navigation).with(2, 'X-Forwarded-Host: evil.example')
      t.equal((await ask(elsewhere)).headers.get('location'), `${login}%2Fx`, 'home, not there')

      const forbidden = await ask(traefik('/admin/x', bob, ...navigation))
      t.equal(forbidden.status, 403)
      t.match(forbidden.body, /<h1>You do not have access<\/h1>/)
      t.equal((await ask(traefik('/public/x'))).status, 200)
      const caddy = await send(stack, '/oauth2/forward-auth', traefik('/x', alice), {
        method: 'HEAD',
      })
      t.equal(caddy.status, 200)
      t.equal((await ask(traefik('/oauth2/callback'))).status, 404, 'own paths belong here')
      t.equal((await ask(traefik('/public/../admin/x', bob))).status, 400)
    },
  )

  await t.test(
    'ING-3 /ext-authz/… takes method, path and host from the request line',
    async (t) => {
      const granted = await envoy('/x?a=b', [
        alice,
        'X_Forwarded-User: eve',
        'X-Original-URL: /y',
        'X-HTTP-Method-Override: DELETE',
      ])
      t.equal(granted.status, 200)
      t.match(Object.fromEntries(granted.headers), {
        'x-forwarded-user': 'alice',
        cookie: 'theirs=1',
      })
      t.same(removed(granted)?.toSorted(), [
        'x-forwarded-access-token',
        'x-http-method-override',
        'x-original-url',
        'x-valetkey-assertion',
        'x_forwarded-user',
      ])
      const own = alice.replace('; theirs=1', '')
      const stranger = await envoy('/public/x', [
        own,
        'Authorization: Basic eve',
        'X-Real-IP: 1.1.1.1',
      ])
      t.equal(stranger.status, 200)
      t.same(removed(stranger)?.toSorted(), [
        'authorization',
        'cookie',
        'x-forwarded-access-token',
        'x-forwarded-email',
        'x-forwarded-groups',
        'x-forwarded-preferred-username',
        'x-forwarded-user',
        'x-valetkey-assertion',
      ])
      const passed = await envoy('/none/', [alice, 'Authorization: Basic mine'])
      t.equal(passed.headers.get('authorization'), 'Basic mine')
      t.notOk(removed(passed)?.includes('authorization'))

      t.equal((await envoy('/admin/', [bob])).status, 403)
      t.equal((await envoy('/x')).status, 401)
      const redirected = await envoy('/x', navigation)
      t.equal(redirected.status, 302)
      t.equal(redirected.headers.get('location'), `${stack.publicUrl}/oauth2/start?rd=%2Fx`)
      t.equal((await envoy('/read/', [])).status, 200)
      for (const method of ['POST', 'PROPFIND', 'HEAD', 'OPTIONS', 'QUERY']) {
        t.equal((await envoy('/read/', [], { method })).status, 401, method)
        t.equal((await envoy('/read/', [alice], { method })).status, 200, method)
      }
      t.equal((await envoy('/open/', [], { host: 'other.example' })).status, 200)
      t.equal((await envoy('/open/', ['X-Forwarded-Host: other.example'])).status, 401)
      t.equal((await envoy('', [alice])).status, 400, 'no path')
      t.equal((await envoy('/x', [alice, 'Host: other.example'])).status, 400, 'two hosts')
    },
  )

  await t.test('ING-7 no body is awaited, whatever is announced', async (t) => {
    const body = ['Content-Length: 1000', 'Content-Type: no/such;;']
    for (const method of ['GET', 'POST', 'PUT']) {
      t.equal(
        (await send(stack, '/oauth2/auth', nginx('/x', alice, ...body), { method })).status,
        202,
      )
      t.equal((await envoy('/x', [alice, ...body], { method })).status, 200)
    }
  })

  const check = (
    path: string,
    headers: Record<string, string> = {},
    { method = 'GET', host = publicHost } = {},
  ) => checks.check({ method, path, host, headers }, peerAt('203.0.113.7'))

  await t.test('ING-3 a check over gRPC gets the same decision', async (t) => {
    const granted = await check('/x?a=b', { ...cookieOf(alice), 'x_forwarded-user': 'eve' })
    t.equal(granted.status, 200)
    t.match(Object.fromEntries(granted.headers), {
      'x-forwarded-user': 'alice',
      'x-forwarded-groups': 'staff,admins',
      authorization: /^Bearer ./,
      cookie: 'theirs=1',
    })
    t.same(granted.actions, ['OVERWRITE_IF_EXISTS_OR_ADD'])
    t.same(granted.remove.toSorted(), [
      'x-forwarded-access-token',
      'x-valetkey-assertion',
      'x_forwarded-user',
    ])
    const own = await check('/public/x', { cookie: alice.slice(8).replace('; theirs=1', '') })
    t.equal(own.status, 200)
    t.ok(own.remove.includes('cookie'))
    t.ok(own.remove.includes('x-forwarded-user'))

    const called = await check('/x')
    t.equal(called.status, 401)
    t.match(called.headers.get('www-authenticate'), /^Bearer/)
    t.equal(called.headers.get('content-type'), 'application/problem+json; charset=utf-8')
    t.match(called.body, '"code":"ERR_LOGIN_REQUIRED"')
    const lines = navigation.map((line) => line.toLowerCase().split(': '))
    const asNavigation: Record<string, string> = Object.fromEntries(lines)
    const redirected = await check('/x', asNavigation)
    t.equal(redirected.status, 302)
    t.equal(redirected.headers.get('location'), `${stack.publicUrl}/oauth2/start?rd=%2Fx`)
    t.notOk(redirected.headers.has('content-length'))
    const forbidden = await check('/admin/', { ...cookieOf(bob), ...asNavigation })
    t.equal(forbidden.status, 403)
    t.match(forbidden.body, /<h1>You do not have access<\/h1>/)
    t.equal((await check('/read/')).status, 200)
    t.equal((await check('/read/', {}, { method: 'PROPFIND' })).status, 401)
    t.equal((await check('/open/', {}, { host: 'other.example' })).status, 200)
    t.equal((await check('/open/', {}, { host: 'other.example, x' })).status, 400)
    t.equal((await check('/open/', { 'x-forwarded-host': 'other.example' })).status, 401)
  })

  await t.test('FM-3 the origin that counts is that of the request, not of who asks', async (t) => {
    const fromThere = ['Origin: http://other.example', alice]
    const named = ['X-Original-Method: POST', 'X-Original-URL: http://other.example/x']
    t.equal((await auth([...named, ...fromThere])).status, 202)
    t.equal((await auth([...named, 'Origin: http://evil.example', alice])).status, 403)
    const post = { method: 'POST', host: 'other.example' }
    const own = { ...cookieOf(alice), origin: 'http://other.example' }
    t.equal((await check('/x', own, post)).status, 200)
    t.equal((await check('/x', { ...own, origin: 'http://evil.example' }, post)).status, 403)
    const webSocket = ['Sec-WebSocket-Version: 13', 'Origin: http://evil.example', alice]
    t.equal((await auth(nginx('/x', ...webSocket))).status, 403, 'nginx keeps Upgrade for itself')
  })

  await t.test('FM-5 a refusal is shared as the route that was asked for says', async (t) => {
    const shared = 'access-control-allow-origin'
    const origin = `Origin: ${spa}`
    t.equal((await ask(traefik('/x', origin))).headers.get(shared), spa)
    t.equal((await envoy('/x', [origin])).headers.get(shared), spa)
    t.equal((await check('/x', { origin: spa })).headers.get(shared), spa)
    t.notOk((await ask(traefik('/admin/', origin))).headers.has(shared))
    t.notOk((await envoy('/admin/', [origin])).headers.has(shared))
    t.notOk((await check('/admin/', { origin: spa })).headers.has(shared))
  })

  await t.test('STEP-3 an ingress that redirects each 401 of /auth steps people up', async (t) => {
    stack.provider.honourAcrValues(true)
    const { client } = await signIn(stack, 'carol')
    const askNginx = () => auth(nginx('/mfa/x?a=b', `Cookie: ${client.cookieFor(stack.publicUrl)}`))
    const asked = await askNginx()
    t.equal(asked.status, 401)
    t.equal(asked.headers.get('x-valetkey-answer'), 'ERR_STEP_UP_REQUIRED')
    t.match(
      asked.headers.get('www-authenticate'),
      /error="insufficient_user_authentication".*, acr_values="mfa"$/,
    )
    const login = asked.headers.get('x-auth-redirect') ?? ''
    t.match(login, `${stack.publicUrl}/oauth2/start?provider=corp&rd=%2Fmfa%2Fx%3Fa%3Db&step_up=`)
    t.match(asked.body, `"login_url":"${login}"`)
    const { landed } = await signIn(stack, 'carol', { client, path: login })
    t.equal(landed, `${stack.publicUrl}/mfa/x?a=b`)
    t.equal((await askNginx()).status, 202)
  })

  await t.test('STEP-3 so does one that knows only where logins begin', async (t) => {
    t.equal(await acrAskedFor('/mfa/x?a=b'), 'mfa')
    t.equal(await acrAskedFor('/x'), null)
  })

  await t.test('STEP-2 but for who has just stepped up and lacks the same', async (t) => {
    const { client } = await signIn(stack, 'carol')
    const named = ['X-Original-Method: GET', 'X-Original-URL: http://other.example/now/x']
    const askNginx = () =>
      auth([...named, `Cookie: ${client.cookieFor(stack.publicUrl)}`, ...navigation])
    let answer = await askNginx()
    // For so long the first sign-in is enough.
    while (answer.status === 202) answer = await askNginx()
    t.equal(answer.status, 401)
    const login = new URL(answer.headers.get('x-auth-redirect') ?? '')
    t.equal(login.searchParams.get('rd'), 'http://other.example/now/x')
    login.searchParams.set('rd', '/')
    await signIn(stack, 'carol', { client, path: login.href })
    answer = await askNginx()
    t.equal(answer.status, 202)
    while (answer.status === 202) answer = await askNginx()
    t.equal(answer.status, 403)
    t.equal(answer.headers.get('x-valetkey-answer'), 'ERR_STEP_UP_FAILED')
    t.notOk(answer.headers.has('x-auth-redirect'))
    t.match(answer.body, 'rd=http%3A%2F%2Fother.example%2Fnow%2Fx', 'once more, to the same host')
  })

  await t.test('whoever may not open a page comes back to the host asked for', async (t) => {
    const there = ['X-Original-Method: GET', 'X-Original-URL: http://other.example/admin/x']
    const forbidden = await auth([...there, bob, ...navigation])
    t.match(forbidden.body, 'value="http://other.example/admin/x"', 'as somebody else, too')
  })

  await t.test('HOP-10 ING-6 a line of paths.txt gets as far by asking as by itself', async (t) => {
    const host = 'app.example.com'

    /** Whether the line is let through: by /auth and /forward-auth, over gRPC, by /ext-authz, and proxied. */
    async function outcomes(value: string, who: string[]) {
      const url = /^(\/|[a-z]+:\/\/)/i.test(value) ? `http://${host}${value}` : value
      const overGrpc = check(value, who.length === 0 ? {} : cookieOf(bob), { host })
      const grpc = overGrpc.then(isSuccess).catch(() => false)
      // What a request line or a header cannot carry as it is.
      if (/[\r\n]|\s$/.test(value)) return { asked: [await grpc], inLine: [] }
      const asked = [
        auth(['X-Original-Method: GET', `X-Original-URL: ${url}`, ...who]).then(isSuccess),
        ask(traefik(value, ...who).with(2, `X-Forwarded-Host: ${host}`)).then(isSuccess),
        grpc,
      ]
      const inLine = [
        envoy(value, who, { host }).then(isSuccess),
        send(stack, value, who, { host }).then(isUpstreams),
      ]
      return { asked: await Promise.all(asked), inLine: await Promise.all(inLine) }
    }

    async function tryLine({ title, expected, value }: CorpusLine) {
      for (const who of [[], [bob]]) {
        const passes = isOpen(expected) || (who.length > 0 && expected === 'root')
        const { asked, inLine } = await outcomes(value, who)
        const what = `${title} ${who.length === 0 ? 'of a stranger' : 'of bob'}`
        const all = (granted: boolean[], wanted: boolean) =>
          t.notOk(granted.includes(!wanted), `${what} ${granted.join()}`)
        if (!value.startsWith('/')) {
          // Nobody needs to ask in absolute form, which may be refused even where it is served.
          if (!passes) all([...asked, ...inLine], false)
        } else {
          all(asked, passes)
          // The parser of HTTP/1.1 takes no bytes beyond ASCII in a request line.
          all(inLine, passes && !/[\x80-\xff]/.test(value))
        }
      }
    }

    const lines = await readCorpus('paths.txt')
    for (let at = 0; at < lines.length; at += 8) {
      await Promise.all(lines.slice(at, at + 8).map(tryLine))
    }
  })
})

t.test('BFF-6 where forward auth is turned off, nobody can ask', async (t) => {
  const { url } = await startAppInProcess(t, {
    trustedProxies: ['127.0.0.1'],
    forwardAuth: false,
    routes: [{ match: { path: '/' }, auth: 'public', upstream: 'http://127.0.0.1:9' }],
  })
  const headers = {
    'x-original-method': 'GET',
    'x-original-url': 'http://localhost/',
  }
  for (const path of ['auth', 'forward-auth', 'ext-authz', 'ext-authz/', 'ext-authz/page']) {
    const response = await fetch(`${url}/oauth2/${path}`, { headers })
    t.equal(response.status, 404, path)
    t.equal(response.headers.get('x-valetkey-answer'), 'ERR_ROUTE_NOT_FOUND', path)
  }
})
