import t, { type Test } from 'tap'
import type { ProviderConfig } from '../../src/config/schema.js'
import { createTestKey, forgeToken, signingKey } from '../helpers/hostile-provider.js'
import { setUpHostile } from './hostile-login.js'

const event = 'http://schemas.openid.net/event/backchannel-logout'
const seconds = () => Math.floor(Date.now() / 1000)
const secret = 'client secret with :%+ and more'

interface Case {
  readonly title: string
  /** Whether the token must be obeyed. */
  readonly good?: boolean
  readonly claims?: () => Record<string, unknown>
  readonly header?: Record<string, unknown>
  readonly signWith?: Parameters<typeof forgeToken>[2]
  readonly settings?: Partial<ProviderConfig>
}

function tokenOf(issuer: string, { claims, header, signWith }: Omit<Case, 'title'>): string {
  const right = {
    iss: issuer,
    aud: 'app',
    iat: seconds(),
    exp: seconds() + 120,
    jti: 'one',
    sub: 'alice',
    sid: 'a-sid',
    events: { [event]: {} },
  }
  return forgeToken(
    { alg: 'RS256', kid: signingKey.kid, typ: 'logout+jwt', ...header },
    { ...right, ...claims?.() },
    signWith ?? signingKey.privateKey,
  )
}

async function runCase(t: Test, { good = false, settings = {}, ...bent }: Case) {
  const { provider, party } = await setUpHostile(t, settings)
  const verifying = party.verifyLogoutToken(tokenOf(provider.issuer, bent), Date.now())
  if (!good) await t.rejects(verifying, { code: 'ERR_LOGOUT_TOKEN' })
  else t.match(await verifying, { issuer: provider.issuer, jti: 'one' })
}

const bent = (name: string, value: unknown) => ({ claims: () => ({ [name]: value }) })

const cases: Case[] = [
  { title: 'BCL-3 accepts a token signed by a key of the issuer', good: true },
  { title: 'BCL-3 rejects an unsigned token', header: { alg: 'none' } },
  {
    title: 'BCL-3 rejects a token signed with another key',
    signWith: createTestKey('key-1').privateKey,
  },
  {
    title: 'BCL-3 rejects HS256 when the configuration does not name it',
    header: { alg: 'HS256', kid: undefined },
    signWith: secret,
  },
  {
    title: 'BCL-3 accepts HS256 when the configuration names it',
    header: { alg: 'HS256', kid: undefined },
    signWith: secret,
    settings: { idTokenSigningAlgorithms: ['HS256'] },
    good: true,
  },
  {
    title: 'BCL-3 rejects an algorithm that the configuration does not name',
    settings: { idTokenSigningAlgorithms: ['ES256'] },
  },
  { title: 'BCL-4 rejects another issuer', ...bent('iss', 'https://other.example.com') },
  { title: 'BCL-4 rejects a token without issuer', ...bent('iss', undefined) },
  { title: 'BCL-4 rejects another audience', ...bent('aud', 'other') },
  { title: 'BCL-4 rejects an audience beside ours', ...bent('aud', ['app', 'other']) },
  {
    title: 'BCL-4 accepts a trusted audience beside ours',
    ...bent('aud', ['app', 'other']),
    settings: { trustedAudiences: ['other'] },
    good: true,
  },
  { title: 'BCL-4 rejects a token without iat', ...bent('iat', undefined) },
  { title: 'BCL-4 rejects an iat in the future', claims: () => ({ iat: seconds() + 60 }) },
  {
    title: 'BCL-4 rejects an expired token',
    claims: () => ({ iat: seconds() - 300, exp: seconds() - 60 }),
  },
  { title: 'BCL-4 rejects an exp that is no instant', ...bent('exp', 'soon') },
  {
    title: 'BCL-4 rejects an old token that says it lives on',
    claims: () => ({ iat: seconds() - 3600, exp: seconds() + 3600 }),
  },
  { title: 'BCL-4 accepts a fresh token without exp', ...bent('exp', undefined), good: true },
  {
    title: 'BCL-4 rejects a token without exp that is minutes old',
    claims: () => ({ exp: undefined, iat: seconds() - 180 }),
  },
  {
    title: 'BCL-4 rejects a fresh token without exp where the configuration asks for it',
    ...bent('exp', undefined),
    settings: { requireLogoutTokenExpiry: true },
  },
  {
    title: 'BCL-4 accepts a token with exp where the configuration asks for it',
    settings: { requireLogoutTokenExpiry: true },
    good: true,
  },
  {
    title: 'BCL-5 rejects a token without sub and sid',
    claims: () => ({ sub: undefined, sid: undefined }),
  },
  { title: 'BCL-5 accepts a token with a sub alone', ...bent('sid', undefined), good: true },
  { title: 'BCL-5 accepts a token with a sid alone', ...bent('sub', undefined), good: true },
  { title: 'BCL-5 rejects a sid that is no text', ...bent('sid', 7) },
  { title: 'BCL-5 rejects an empty sub', ...bent('sub', '') },
  ...[undefined, null, [], [event], event, {}, { [event]: null }, { [event]: true }].map(
    (events): Case => ({
      title: `BCL-6 rejects the events ${JSON.stringify(events)}`,
      claims: () => ({ events }),
    }),
  ),
  {
    title: 'BCL-6 ignores other events and what the event holds',
    ...bent('events', { [event]: { revoke_offline_access: true }, other: 1 }),
    good: true,
  },
  { title: 'BCL-7 rejects a token with a nonce', ...bent('nonce', 'x') },
  { title: 'BCL-7 rejects a token whose nonce is null', ...bent('nonce', null) },
  { title: 'BCL-8 rejects a token without jti', ...bent('jti', undefined) },
  { title: 'BCL-8 rejects an overlong jti', ...bent('jti', 'x'.repeat(256)) },
  ...['logout+jwt', 'LOGOUT+JWT', 'application/logout+jwt', 'JWT', undefined].map((typ): Case => ({
    title: `BCL-9 accepts the type ${typ}`,
    header: { typ },
    good: true,
  })),
  ...['at+jwt', 'application/at+jwt', 'secevent+jwt', 7].map((typ): Case => ({
    title: `BCL-9 rejects the type ${typ}`,
    header: { typ },
  })),
]
for (const each of cases) t.test(each.title, (t) => runCase(t, each))

t.test(
  'BCL-10 sid and sub mean the sid, or the person where the configuration says so',
  async (t) => {
    const noticeOf = async (claims: Record<string, unknown>, settings: Partial<ProviderConfig>) => {
      const { provider, party } = await setUpHostile(t, settings)
      const token = tokenOf(provider.issuer, { claims: () => claims })
      const { sid, sub } = await party.verifyLogoutToken(token, Date.now())
      return { sid, sub }
    }
    t.same(await noticeOf({}, {}), { sid: 'a-sid', sub: 'alice' })
    const person = { logoutTokenEnds: 'person' } as const
    t.same(await noticeOf({}, person), { sub: 'alice', sid: undefined })
    t.same(await noticeOf({ sub: undefined }, person), { sid: 'a-sid', sub: undefined })
  },
)

t.test('BCL-2 rejects an encrypted token, since encryption is not offered', async (t) => {
  const { party } = await setUpHostile(t)
  const token = 'eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d'
  await t.rejects(party.verifyLogoutToken(token, Date.now()), { code: 'ERR_LOGOUT_TOKEN' })
})

t.test('BCL-9 an ID token is no logout token, and a logout token no ID token', async (t) => {
  const { provider, party, logIn } = await setUpHostile(t)
  const { tokens } = await logIn()
  await t.rejects(party.verifyLogoutToken(tokens.idToken, Date.now()), { code: 'ERR_LOGOUT_TOKEN' })
  for (const typ of ['logout+jwt', 'JWT']) {
    provider.tokens = { id_token: tokenOf(provider.issuer, { header: { typ } }) }
    await t.rejects(logIn(), /ERR_ID_TOKEN|"typ"|"nonce"/)
  }
})

t.test('BCL-14 what cannot be verified now is not refused for good', async (t) => {
  const { provider, party } = await setUpHostile(t)
  await party.checkOnline()
  const verify = (kid: string) =>
    party.verifyLogoutToken(tokenOf(provider.issuer, { header: { kid } }), Date.now())
  await t.rejects(verify('new'), { code: 'ERR_LOGOUT_TOKEN' })
  await t.rejects(verify('newer'), { code: 'ERR_PROVIDER_UNAVAILABLE' })
})

t.test('a token is addressed by issuer and audience, both', async (t) => {
  const { provider, party } = await setUpHostile(t)
  const addressed = (changed: Record<string, unknown>) =>
    party.isAddressedBy(tokenOf(provider.issuer, { claims: () => changed }))
  t.ok(addressed({}))
  t.ok(addressed({ aud: ['x', 'app'] }))
  t.notOk(addressed({ iss: `${provider.issuer}/` }))
  t.notOk(addressed({ aud: 'other' }))
  for (const token of ['', '.', 'a.b.c', '..', '\0']) t.notOk(party.isAddressedBy(token))
})
