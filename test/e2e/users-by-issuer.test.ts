import t, { type Test } from 'tap'
import { logoutTokenOf } from '../helpers/logout-tokens.js'
import {
  type Several,
  signInWith,
  startRealProvider,
  startSeveral,
  visit,
  whoIs,
} from '../helpers/several.js'

t.setTimeout(120_000)

const token = 'admin-token-of-24-letters'
const corp = await startRealProvider(t, { secondClientId: 'mobile' })
const partner = await startRealProvider(t)

/** Two providers, and one of them by another client once more. */
const start = (t: Test, session: Record<string, unknown> = {}) =>
  startSeveral(
    t,
    { corp, partner, mobile: corp },
    {
      settings: { mobile: { clientId: 'mobile' } },
      config: () => ({ session, admin: { listen: '127.0.0.1:0', token } }),
    },
  )

async function admin({ app }: Several, method: string, query: Record<string, string>) {
  const url = `${app.adminUrl}/sessions?${new URLSearchParams(query)}`
  const response = await fetch(url, { method, headers: { authorization: `Bearer ${token}` } })
  const told: { sessions?: { provider: string }[]; cursor?: string; ended?: number } =
    await response.json()
  return told
}

const providersOf = async (site: Several, query: Record<string, string>) => {
  const found: string[] = []
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const page = await admin(site, 'GET', { ...query, ...(cursor && { cursor }) })
    found.push(...(page.sessions ?? []).map(({ provider }) => provider))
    cursor = page.cursor
  }
  return found.toSorted((a, b) => a.localeCompare(b))
}

const logOut = (site: Several, claims: Record<string, unknown>) =>
  visit(site, '/oauth2/backchannel-logout', {
    headers: {},
    form: { logout_token: logoutTokenOf(corp, claims) },
  })

t.test('CORE-25 one sub at two issuers is two users, and two clients have the same', async (t) => {
  const site = await start(t)
  const [atCorp, atPartner, atMobile] = await Promise.all(
    ['corp', 'partner', 'mobile'].map((id) => signInWith(site, id, 'alice')),
  )
  for (const [signedIn, id] of [
    [atCorp, 'corp'],
    [atPartner, 'partner'],
    [atMobile, 'mobile'],
  ] as const) {
    t.equal(signedIn && (await whoIs(site, signedIn.client)), `${id} alice`)
  }
  t.same(await providersOf(site, { sub: 'alice' }), ['corp', 'mobile', 'partner'])
  t.same(await providersOf(site, { sub: 'alice', issuer: partner.issuer }), ['partner'])
  t.same(await providersOf(site, { sub: 'alice', issuer: corp.issuer }), ['corp', 'mobile'])

  const pageOf = async (signedIn: typeof atCorp) => {
    const page = await visit(site, '/oauth2/sessions', signedIn && { client: signedIn.client })
    return page.body.match(/<li/g)?.length
  }
  t.equal(await pageOf(atCorp), await pageOf(atMobile))
  t.not(await pageOf(atCorp), await pageOf(atPartner))
})

t.test(
  'CORE-25 a logout ends the sessions of its issuer alone, whichever client it is for',
  async (t) => {
    const site = await start(t)
    const [atCorp, atPartner] = await Promise.all(
      ['corp', 'partner'].map((id) => signInWith(site, id, 'alice')),
    )
    t.match(await logOut(site, { sub: 'alice', aud: 'mobile' }), { status: 200 })
    t.equal(atCorp && (await whoIs(site, atCorp.client)), undefined)
    t.equal(atPartner && (await whoIs(site, atPartner.client)), 'partner alice')
    t.match(await logOut(site, { sub: 'alice', iss: partner.issuer }), { status: 400 })
    t.match(await logOut(site, { sub: 'alice', aud: 'unknown' }), { status: 400 })
    t.same(await admin(site, 'DELETE', { sub: 'alice', issuer: corp.issuer }), { ended: 0 })
    t.equal(atPartner && (await whoIs(site, atPartner.client)), 'partner alice')
  },
)

t.test('CORE-25 a limit of sessions counts those of one user', async (t) => {
  const site = await start(t, { maxPerUser: 1 })
  const first = await signInWith(site, 'corp', 'alice')
  const other = await signInWith(site, 'partner', 'alice')
  t.equal(await whoIs(site, first.client), 'corp alice')
  const second = await signInWith(site, 'mobile', 'alice')
  t.equal(await whoIs(site, first.client), undefined)
  t.equal(await whoIs(site, second.client), 'mobile alice')
  t.equal(await whoIs(site, other.client), 'partner alice')
})
