import t from 'tap'
import { startHostileProvider } from '../helpers/hostile-provider.js'
import { asNavigation } from '../helpers/stack.js'
import {
  type Several,
  signInWith,
  startRealProvider,
  startSeveral,
  visit,
  whoIs,
} from '../helpers/several.js'

t.setTimeout(120_000)

const componentsOf = (list: readonly { component: string }[]) =>
  list.map(({ component }) => component)

async function readiness({ app }: Several) {
  const response = await fetch(`${app.adminUrl}/readyz`)
  const told: {
    ready: boolean
    reasons: { component: string }[]
    warnings: { component: string }[]
  } = await response.json()
  const { ready, reasons, warnings } = told
  return { ready, reasons: componentsOf(reasons), warnings: componentsOf(warnings) }
}

t.test('DISC-4 with one of several providers away the others sign people in', async (t) => {
  const corp = await startRealProvider(t)
  const partner = await startRealProvider(t)
  await corp.stop()
  const site = await startSeveral(t, { corp, partner })
  const { publicUrl } = site

  const start = `/oauth2/start?provider=corp&rd=${encodeURIComponent('/page?a=1')}`
  const away = await visit(site, start)
  t.match(away, { status: 503, answer: 'ERR_PROVIDER_UNAVAILABLE', location: '' })
  t.equal(away.headers.get('retry-after'), '5')
  t.match(away.body, '<meta http-equiv="refresh" content="5" />')
  t.match(away.body, '<strong>Login of corp</strong>')
  const [, others = ''] = /href="([^"]*\/sign_in[^"]*)"/.exec(away.body) ?? []
  t.equal(others, '/oauth2/sign_in?rd=%2Fpage%3Fa%3D1')
  t.match(await visit(site, others), { status: 200, body: 'provider=partner' })
  t.equal(away.headers.getSetCookie().length, 0)

  const { client } = await signInWith(site, 'partner', 'alice')
  t.equal(await whoIs(site, client), 'partner alice')
  t.match(await readiness(site), { ready: true, reasons: [], warnings: ['provider corp'] })

  const program = await visit(site, start, { headers: { accept: 'application/json' } })
  t.match(program, { status: 503, answer: 'ERR_PROVIDER_UNAVAILABLE' })
  t.match(JSON.parse(program.body), { code: 'ERR_PROVIDER_UNAVAILABLE' })

  await corp.start()
  let back = await visit(site, start)
  // Failures are remembered for a second, so that people who wait do not ask all the time.
  while (back.status === 503) back = await visit(site, start)
  t.ok(back.location.startsWith(`${corp.issuer}/auth`), 'the same address leads on')
  t.match(await readiness(site), { ready: true, reasons: [], warnings: [] })
  const second = await signInWith(site, 'corp', 'alice', { returnTo: '/page?a=1' })
  t.equal(second.callback.location, `${publicUrl}/page?a=1`)
})

t.test('DISC-4 a provider that was there and is gone: a page instead of a dead end', async (t) => {
  let ahead = 0
  const corp = await startRealProvider(t)
  const site = await startSeveral(t, { corp }, { clock: () => Date.now() + ahead })
  const { client } = await signInWith(site, 'corp', 'alice')
  await corp.stop()
  ahead += 11_000
  t.equal(await whoIs(site, client), 'corp alice')
  t.match(await visit(site, '/page', { client }), { status: 200, answer: null })
  const away = await visit(site, '/oauth2/start?rd=%2Fpage')
  t.match(away, { status: 503, answer: 'ERR_PROVIDER_UNAVAILABLE' })
  t.notMatch(away.body, /sign_in/, 'there is no other way')
  t.match(await readiness(site), { ready: true, reasons: [], warnings: [] })

  await corp.start()
  ahead += 1000
  const { location } = await visit(site, '/oauth2/start?rd=%2Fpage')
  t.ok(location.startsWith(`${corp.issuer}/auth`))
})

t.test('DISC-4 what a login is to bring survives the outage', async (t) => {
  let ahead = 0
  const corp = await startHostileProvider()
  t.teardown(() => corp.stop())
  const away = { issuer: 'http://127.0.0.1:9' }
  const site = await startSeveral(
    t,
    { corp, away },
    {
      clock: () => Date.now() + ahead,
      settings: { away: { emailDomainHints: ['away.example'] } },
    },
  )
  const headers = { ...asNavigation, 'sec-fetch-site': 'same-origin' }
  const form = { email: 'alice@away.example', rd: '/page' }
  const page = await visit(site, '/oauth2/sign_in', { headers, form })
  t.match(page, { status: 503, answer: 'ERR_PROVIDER_UNAVAILABLE' })
  t.match(page.body, 'content="5; url=/oauth2/start?provider=away&amp;rd=%2Fpage"')

  t.equal((await visit(site, '/oauth2/start?provider=corp')).status, 302)
  for (const status of [502, 503, 504]) {
    corp.answers.set('/.well-known/openid-configuration', { status })
    ahead += 11_000
    const { answer } = await visit(site, '/oauth2/start?provider=corp')
    t.equal(answer, 'ERR_PROVIDER_UNAVAILABLE', `a gateway says ${status}`)
  }
  for (const status of [200, 404, 429, 500]) {
    corp.answers.set('/.well-known/openid-configuration', { status, body: 'no JSON' })
    ahead += 11_000
    t.equal((await visit(site, '/oauth2/start?provider=corp')).status, 302, `it answers ${status}`)
  }
})

t.test('DISC-4 with all providers away it is not ready', async (t) => {
  const gone = { issuer: 'http://127.0.0.1:9' }
  const site = await startSeveral(t, { one: gone, two: gone })
  t.match(await readiness(site), {
    ready: false,
    reasons: ['provider one', 'provider two'],
    warnings: [],
  })
  t.match(await visit(site, '/oauth2/sign_in'), { status: 200, body: 'provider=two' })
})
