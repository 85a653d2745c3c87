import t from 'tap'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { asNavigation } from '../helpers/stack.js'
import {
  type Answered,
  signInWith,
  startRealProvider,
  startSeveral,
  visit,
} from '../helpers/several.js'

t.setTimeout(120_000)

const corp = await startRealProvider(t)
const partner = await startRealProvider(t)
const site = await startSeveral(
  t,
  { corp, partner, guests: { issuer: 'http://127.0.0.1:9' } },
  {
    settings: {
      corp: { emailDomainHints: ['example.com', 'shared.example'] },
      partner: { emailDomainHints: ['partner.example', 'shared.example'] },
    },
  },
)
const { publicUrl } = site

const choicesIn = ({ body }: Answered) =>
  [...body.matchAll(/class="button choice" href="([^"]*)"[^]*?<\/a/g)].map(([link, href = '']) => ({
    provider: new URL(href.replaceAll('&amp;', '&'), publicUrl).searchParams.get('provider'),
    isLast: link.includes('Last used'),
  }))
const idsIn = (answered: Answered) => choicesIn(answered).map(({ provider }) => provider)

/** What of an answer could tell whom the provider knows. */
const shapeOf = (answered: Answered | undefined) => {
  const url = new URL(answered?.location ?? '')
  return [answered?.status, url.origin + url.pathname, [...url.searchParams.keys()]]
}

const asForm = { ...asNavigation, 'sec-fetch-site': 'same-origin' }
const type = (email: string, fields: Record<string, string> = {}) =>
  visit(site, '/oauth2/sign_in', { headers: asForm, form: { email, ...fields } })

t.test('strangers are offered every provider, and come back to where they were', async (t) => {
  const { location } = await visit(site, '/page?a=1')
  t.equal(location, `${publicUrl}/oauth2/sign_in?rd=%2Fpage%3Fa%3D1`)
  const page = await visit(site, location)
  t.same(idsIn(page), ['corp', 'partner', 'guests'])
  t.ok(page.body.includes('/oauth2/start?provider=partner&amp;rd=%2Fpage%3Fa%3D1'))
  t.notMatch(page.body, /Last used|<script|no e-mail/)
})

t.test('the page offers those alone that are named, and knows no others', async (t) => {
  const some = await visit(site, '/oauth2/sign_in?provider=partner&provider=corp&provider=unknown')
  t.same(idsIn(some), ['partner', 'corp'])
  t.same(idsIn(await visit(site, '/oauth2/sign_in?provider=unknown')), [
    'corp',
    'partner',
    'guests',
  ])
  t.match(await visit(site, '/oauth2/start?provider=unknown'), {
    status: 404,
    answer: 'ERR_PROVIDER_UNKNOWN',
  })
})

t.test('the last choice comes first, in a cookie that is only a hint', async (t) => {
  const { client, callback } = await signInWith(site, 'partner', 'alice')
  const cookie = callback.headers
    .getSetCookie()
    .find((each) => each.startsWith('valetkey-provider='))
  t.match(cookie, /^valetkey-provider=partner; Max-Age=15552000; Path=\/; HttpOnly; SameSite=Lax$/)
  const page = await visit(site, '/oauth2/sign_in', { client })
  t.same(choicesIn(page), [
    { provider: 'partner', isLast: true },
    { provider: 'corp', isLast: false },
    { provider: 'guests', isLast: false },
  ])
  const echo = await visit(site, '/', { client })
  t.equal(echo.status, 200)
  t.notMatch(site.upstream.requests.at(-1)?.headers.cookie ?? '', /valetkey/)
  for (const forged of ['unknown', '"><script>', 'partner%00', '']) {
    const headers = { ...asNavigation, cookie: `valetkey-provider=${forged}` }
    const offered = await visit(site, '/oauth2/sign_in', { headers })
    t.same(idsIn(offered), ['corp', 'partner', 'guests'], forged)
    t.notMatch(offered.body, /Last used|<script/)
  }
})

t.test('an address leads to the provider of its domain, with the address as a hint', async (t) => {
  const { status, location, answer } = await type('bob@Partner.example', { rd: '/page' })
  t.match({ status, answer }, { status: 303, answer: 'LOGIN_STARTED' })
  t.ok(location.startsWith(`${partner.issuer}/auth`))
  t.equal(new URL(location).searchParams.get('login_hint'), 'bob@Partner.example')
  const both = await type('bob@shared.example', { rd: '/page' })
  t.same(idsIn(both), ['corp', 'partner'], 'the choice is narrowed')
  t.match(both.body, 'rd=%2Fpage')
  const one = await type('bob@shared.example', { provider: 'partner' })
  t.ok(one.location.startsWith(partner.issuer), 'among those that count')
})

t.test(
  'an unknown domain says so and shows the list; nobody learns who has an account',
  async (t) => {
    const unknown = await type('alice@elsewhere.example', { rd: '/page' })
    t.match(unknown, { status: 200, answer: 'SIGN_IN_PAGE' })
    t.match(unknown.body, 'No login service is known for addresses of elsewhere.example')
    t.match(unknown.body, /aria-invalid="true" aria-describedby="fault"/)
    t.same(idsIn(unknown), ['corp', 'partner', 'guests'])
    t.match(unknown.body, 'rd=%2Fpage')
    for (const wrong of ['', 'alice', '@example.com', '"><img src=x>']) {
      const page = await type(wrong)
      t.match(page, { status: 200, body: 'That is no e-mail address' }, wrong)
      t.notMatch(page.body, '<img')
    }
    const [known, unheardOf] = await Promise.all(
      ['alice@example.com', 'nobody@example.com'].map((email) => type(email)),
    )
    t.same(shapeOf(known), shapeOf(unheardOf))
  },
)

t.test('no other site sends the form', async (t) => {
  for (const from of ['cross-site', 'same-site']) {
    const headers = { ...asNavigation, 'sec-fetch-site': from }
    const form = { email: 'alice@example.com' }
    const answer = await visit(site, '/oauth2/sign_in', { headers, form })
    t.match(answer, { status: 403, answer: 'ERR_CROSS_SITE_REQUEST', location: '' })
  }
})

t.test('programs and forward auth are led to the choice as well', async (t) => {
  const { body } = await visit(site, '/api', { headers: { accept: 'application/json' } })
  t.match(JSON.parse(body), { login_url: `${publicUrl}/oauth2/sign_in` })
  const { location } = await visit(site, '/oauth2/start?rd=/page', { client: createJarFetch() })
  t.equal(location, `${publicUrl}/oauth2/sign_in?rd=%2Fpage`)
})
