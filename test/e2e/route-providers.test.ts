import t from 'tap'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { asNavigation } from '../helpers/stack.js'
import { signInWith, startRealProvider, startSeveral, visit, whoIs } from '../helpers/several.js'

t.setTimeout(120_000)

const api = 'https://api.example'
const corp = await startRealProvider(t, { apis: [api] })
const partner = await startRealProvider(t)
const guests = await startRealProvider(t)
const site = await startSeveral(
  t,
  { corp, partner, guests },
  {
    config: (upstream) => ({
      trustedProxies: ['127.0.0.1/32'],
      routes: [
        { match: { path: '/partner/' }, providers: ['partner'], upstream },
        { match: { path: '/outside/' }, providers: ['partner', 'guests'], upstream },
        ...[['partner'], ['partner', 'guests'], ['partner', 'corp']].map((providers) => ({
          match: { path: `/api/${providers.join('-')}/` },
          bearer: { audiences: [api] },
          providers,
          upstream,
        })),
        { match: { path: '/open/' }, auth: 'optional', providers: ['partner'], upstream },
        {
          match: { path: '/staff/' },
          providers: ['corp'],
          require: { groups: ['staff'] },
          upstream,
        },
        { upstream },
      ],
    }),
  },
)
const { publicUrl } = site
const asProgram = { accept: 'application/json' }

t.test('strangers sign in with the provider of the route, or choose among its own', async (t) => {
  const one = await visit(site, '/partner/page')
  t.equal(one.location, `${publicUrl}/oauth2/start?provider=partner&rd=%2Fpartner%2Fpage`)
  const several = await visit(site, '/outside/')
  t.equal(
    several.location,
    `${publicUrl}/oauth2/sign_in?provider=partner&provider=guests&rd=%2Foutside%2F`,
  )
  const program = await visit(site, '/partner/', { headers: asProgram })
  t.match(program, { status: 401, answer: 'ERR_LOGIN_REQUIRED' })
  t.match(JSON.parse(program.body), { login_url: `${publicUrl}/oauth2/start?provider=partner` })
})

t.test('a session of another provider is not enough, and stays as it is', async (t) => {
  const { client } = await signInWith(site, 'corp', 'alice')
  const page = await visit(site, '/outside/page', { client })
  t.match(page, { status: 403, answer: 'ERR_ACCESS_PROVIDER', location: '' })
  t.match(page.body, /signed in with <strong>Login of corp<\/strong>/)
  const links = [...page.body.matchAll(/href="([^"]*\/start\?[^"]*)"/g)].map(([, href]) => href)
  t.same(
    links,
    ['partner', 'guests'].map(
      (id) => `${publicUrl}/oauth2/start?provider=${id}&amp;rd=%2Foutside%2Fpage`,
    ),
  )
  t.equal(page.headers.getSetCookie().length, 0)
  t.equal(await whoIs(site, client), 'corp alice')
  t.match(await visit(site, '/staff/', { client }), { status: 200 })
  t.match(await visit(site, '/open/', { client }), { status: 403 }, 'whom it knows it checks')
  t.match(await visit(site, '/open/'), { status: 200 }, 'strangers it lets in')
})

t.test(
  'a program is told where to sign in, by 403, so that nothing is replaced unasked',
  async (t) => {
    const { client } = await signInWith(site, 'corp', 'alice')
    const headers = { ...asProgram, referer: `${publicUrl}/spa` }
    const answer = await visit(site, '/partner/api', { client, headers })
    t.match(answer, { status: 403, answer: 'ERR_ACCESS_PROVIDER' })
    t.match(JSON.parse(answer.body), {
      code: 'ERR_ACCESS_PROVIDER',
      login_url: `${publicUrl}/oauth2/start?provider=partner&rd=%2Fspa`,
    })
  },
)

t.test('CORE-25 the same sub at another provider is somebody else', async (t) => {
  const { client } = await signInWith(site, 'corp', 'alice')
  const old = client.cookieFor(publicUrl)
  const { callback } = await signInWith(site, 'partner', 'alice', {
    client,
    returnTo: '/partner/',
  })
  t.equal(callback.location, `${publicUrl}/partner/`)
  t.match(await visit(site, '/partner/', { client }), { status: 200 })
  t.match(await visit(site, '/staff/', { client }), { status: 403, answer: 'ERR_ACCESS_PROVIDER' })
  const before = await visit(site, '/', { headers: { ...asNavigation, cookie: old } })
  t.equal(before.status, 302, 'whose session ended at once')
})

t.test('forward auth decides alike', async (t) => {
  const { client } = await signInWith(site, 'corp', 'alice')
  const ask = (endpoint: string, headers: Record<string, string>) =>
    visit(site, `/oauth2/${endpoint}`, { client, headers: { ...asNavigation, ...headers } })
  const nginx = { 'x-original-method': 'GET', 'x-original-url': '/partner/' }
  t.match(await ask('auth', nginx), { status: 403, answer: 'ERR_ACCESS_PROVIDER' })
  const traefik = {
    'x-forwarded-method': 'GET',
    'x-forwarded-uri': '/partner/page',
    'x-forwarded-host': new URL(publicUrl).host,
  }
  const offered = await ask('forward-auth', traefik)
  t.match(offered, { status: 403, answer: 'ERR_ACCESS_PROVIDER' })
  t.match(offered.body, `${publicUrl}/oauth2/start?provider=partner&amp;rd=`)
  const stranger = await visit(site, '/oauth2/auth', {
    client: createJarFetch(),
    headers: { ...asNavigation, ...nginx },
  })
  t.match(stranger, { status: 401 })
  t.match(stranger.headers.get('x-auth-redirect'), /\/start\?provider=partner&rd=/)
})

t.test('access tokens of other providers are refused, too', async (t) => {
  const token = await corp.issueAccessToken('alice', { api, scope: 'read' })
  const headers = { ...asProgram, authorization: `Bearer ${token}` }
  const ask = (path: string) => visit(site, path, { headers })
  t.match(await ask('/api/partner/'), { status: 401, answer: 'ERR_BEARER_TOKEN' })
  t.match(await ask('/api/partner-guests/'), { status: 403, answer: 'ERR_ACCESS_DENIED' })
  t.match(await ask('/api/partner-corp/'), { status: 200 })
})
