import t from 'tap'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { signInAtProvider } from '../helpers/provider.js'
import { signInWith, startRealProvider, startSeveral, visit, whoIs } from '../helpers/several.js'
import { asNavigation } from '../helpers/stack.js'

t.setTimeout(120_000)

const corp = await startRealProvider(t)
const partner = await startRealProvider(t)
const site = await startSeveral(
  t,
  { corp, partner },
  { config: () => ({ returnToHosts: ['other.example.com'] }) },
)
const { publicUrl } = site

/** As a link or a form of another site. */
const fromElsewhere = { ...asNavigation, 'sec-fetch-site': 'cross-site' }
const fromHere = { ...asNavigation, 'sec-fetch-site': 'same-origin' }
const pathWith = (parameters: Record<string, string> | [string, string][]) =>
  `/oauth2/initiate_login?${new URLSearchParams(parameters)}`
const initiate = (
  parameters: Record<string, string> | [string, string][],
  client = createJarFetch(),
) => visit(site, pathWith(parameters), { client, headers: fromElsewhere })

t.test('CORE-22 oidcc-client-test-3rd-party-init-login by GET', async (t) => {
  const client = createJarFetch()
  const target = `${publicUrl}/page?a=1`
  const { location, answer } = await initiate(
    { iss: partner.issuer, login_hint: 'bob@example.com', target_link_uri: target },
    client,
  )
  t.equal(answer, 'LOGIN_STARTED')
  t.ok(location.startsWith(`${partner.issuer}/auth?`))
  t.equal(new URL(location).searchParams.get('login_hint'), 'bob@example.com')
  const back = await signInAtProvider(client, location, 'bob')
  t.equal((await visit(site, back, { client })).location, target)
  t.equal(await whoIs(site, client), 'partner bob')
})

t.test('CORE-22 oidcc-client-test-3rd-party-init-login by POST', async (t) => {
  const client = createJarFetch()
  const form = { iss: corp.issuer, target_link_uri: '/page', scope: 'admin' }
  const sent = await visit(site, '/oauth2/initiate_login', { client, headers: fromElsewhere, form })
  t.match(sent, {
    status: 303,
    location: publicUrl + pathWith({ iss: corp.issuer, target_link_uri: '/page' }),
  })
  const { location } = await visit(site, sent.location, { client, headers: fromElsewhere })
  const back = await signInAtProvider(client, location, 'alice')
  t.equal((await visit(site, back, { client })).location, `${publicUrl}/page`)
})

t.test(
  'CORE-22 the issuer must be a configured one, exactly, and everything said once',
  async (t) => {
    for (const iss of ['https://evil.example', `${corp.issuer}/`, corp.issuer.toUpperCase(), '']) {
      t.match(await initiate({ iss }), {
        status: 404,
        answer: 'ERR_PROVIDER_UNKNOWN',
        location: '',
      })
    }
    const unclear: [string, string][][] = [
      [],
      [['login_hint', 'alice']],
      ...['iss', 'login_hint', 'target_link_uri'].map((name): [string, string][] => [
        ['iss', corp.issuer],
        [name, '/a'],
        [name, '/b'],
      ]),
      [
        ['iss', corp.issuer],
        ['login_hint', 'x\r\ny'],
      ],
      [
        ['iss', corp.issuer],
        ['login_hint', 'x'.repeat(1025)],
      ],
    ]
    for (const parameters of unclear) {
      t.match(await initiate(parameters), { status: 400, answer: 'ERR_REQUEST', location: '' })
    }
  },
)

t.test('CORE-22 BCP-1 the target is held to the places that people may return to', async (t) => {
  const targets: [target: string, landed: string][] = [
    ['https://evil.example/', `${publicUrl}/`],
    ['//evil.example/', `${publicUrl}/`],
    [`${publicUrl}@evil.example/`, `${publicUrl}/`],
    ['javascript:alert(1)', `${publicUrl}/`],
    ['/oauth2/sign_out', `${publicUrl}/`],
    ['http://other.example.com/page', 'http://other.example.com/page'],
  ]
  for (const [target, landed] of targets) {
    const client = createJarFetch()
    const { location } = await initiate({ iss: corp.issuer, target_link_uri: target }, client)
    const back = await signInAtProvider(client, location, 'alice')
    t.equal((await visit(site, back, { client })).location, landed, target)
    const known = await initiate({ iss: corp.issuer, target_link_uri: target }, client)
    t.equal(known.location, landed, 'also for whoever is signed in')
  }
})

t.test('CORE-22 B16-10 nothing else of the login can be chosen', async (t) => {
  const ordinary = new URL((await visit(site, '/oauth2/start?provider=corp')).location)
  const { location } = await initiate({
    iss: corp.issuer,
    scope: 'openid admin',
    acr_values: 'none',
    prompt: 'none',
    redirect_uri: 'https://evil.example/',
    response_mode: 'fragment',
    client_id: 'other',
    resource: 'https://evil.example/',
    state: 'known',
    provider: 'partner',
    step_up: 'x',
    form: 'x'.repeat(16),
  })
  const asked = new URL(location)
  const fresh = new Set(['state', 'nonce', 'code_challenge'])
  const fixed = ({ searchParams }: URL) => [...searchParams].filter(([name]) => !fresh.has(name))
  t.equal(asked.origin, corp.issuer)
  t.same(fixed(asked), fixed(ordinary))
  t.not(asked.searchParams.get('state'), 'known')
})

t.test('CORE-22 whoever is signed in stays so until they say otherwise', async (t) => {
  const { client } = await signInWith(site, 'corp', 'alice')
  const ticket = client.cookieFor(publicUrl)
  const same = { iss: corp.issuer, target_link_uri: '/page' }
  for (const hint of [
    {},
    ...['alice', 'alice@example.com'].map((each) => ({ login_hint: each })),
  ]) {
    t.match(await initiate({ ...same, ...hint }, client), {
      status: 302,
      answer: 'SIGNED_IN_ALREADY',
      location: `${publicUrl}/page`,
    })
  }
  for (const other of [
    { ...same, login_hint: 'bob' },
    { ...same, iss: partner.issuer },
  ]) {
    const page = await initiate(other, client)
    t.match(page, { status: 200, answer: 'SIGN_IN_CONFIRM_PAGE' })
    t.match(page.body, /<form method="post" action="\/oauth2\/initiate_login">/)
  }
  const form = { iss: partner.issuer, target_link_uri: '/page' }
  const forged = await visit(site, '/oauth2/initiate_login', {
    client,
    headers: fromElsewhere,
    form,
  })
  t.match(await visit(site, forged.location, { client, headers: fromElsewhere }), {
    answer: 'SIGN_IN_CONFIRM_PAGE',
  })
  t.equal(client.cookieFor(publicUrl), ticket, 'no cookie has changed')
  t.equal(await whoIs(site, client), 'corp alice')

  const confirmed = await visit(site, '/oauth2/initiate_login', { client, headers: fromHere, form })
  t.match(confirmed, { status: 303, answer: 'LOGIN_STARTED' })
  t.equal(await whoIs(site, client), 'corp alice', 'until the new session is there')
  const back = await signInAtProvider(client, confirmed.location, 'bob')
  t.equal((await visit(site, back, { client })).location, `${publicUrl}/page`)
  t.equal(await whoIs(site, client), 'partner bob')
})

t.test('CORE-22 nobody is sent away who would not see it', async (t) => {
  for (const headers of [
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    { ...fromElsewhere, 'sec-purpose': 'prefetch' },
  ]) {
    const answer = await visit(site, pathWith({ iss: corp.issuer }), { headers })
    t.match(answer, { status: 401, answer: 'ERR_LOGIN_REQUIRED', location: '' })
    t.equal(answer.headers.getSetCookie().length, 0)
  }
})

t.test(
  'CORE-22 B16-25 a strict session cookie is looked for before anything is replaced',
  async (t) => {
    const strict = await startSeveral(
      t,
      { corp, partner },
      { config: () => ({ session: { cookie: { sameSite: 'strict' } } }) },
    )
    const first = await visit(strict, pathWith({ iss: corp.issuer, x: '1' }), {
      headers: fromElsewhere,
    })
    t.match(first, { status: 200, answer: 'CONTINUE_PAGE' })
    const [, url = ''] = /url=([^"]*)"/.exec(first.body) ?? []
    t.equal(url, pathWith({ iss: corp.issuer }))
    const second = await visit(strict, url, { headers: fromHere })
    t.match(second, { status: 302, answer: 'LOGIN_STARTED' })
    const start = '/oauth2/start?provider=corp&rd=%2Fpage'
    const third = await visit(strict, start, { headers: fromElsewhere })
    t.match(third, { status: 200, answer: 'CONTINUE_PAGE' })
    t.match(third.body, 'url=/oauth2/start?provider=corp&amp;rd=%2Fpage')
  },
)

t.test('CORE-22 nor does a link of another site to /start replace a session', async (t) => {
  const { client } = await signInWith(site, 'corp', 'alice')
  const start = '/oauth2/start?provider=partner&rd=%2Fpage'
  const asked = await visit(site, start, { client, headers: fromElsewhere })
  t.match(asked, { status: 200, answer: 'SIGN_IN_CONFIRM_PAGE' })
  t.match(asked.body, 'href="/oauth2/start?provider=partner&amp;rd=%2Fpage"')
  t.match(await visit(site, start, { client, headers: fromHere }), { answer: 'LOGIN_STARTED' })
  const anew = '/oauth2/start?provider=corp'
  t.match(await visit(site, anew, { client, headers: fromElsewhere }), { answer: 'LOGIN_STARTED' })
  t.match(await visit(site, start, { headers: fromElsewhere }), { answer: 'LOGIN_STARTED' })
})

t.test('CORE-22 several clients of one issuer are a choice', async (t) => {
  const twins = await startSeveral(t, { web: corp, mobile: corp })
  const answer = await visit(twins, pathWith({ iss: corp.issuer, target_link_uri: '/page' }))
  const { searchParams } = new URL(answer.location)
  t.same(searchParams.getAll('provider'), ['web', 'mobile'])
  t.equal(searchParams.get('rd'), '/page')
})
