import t from 'tap'
import { instantOf } from '../../src/oidc/id-token.js'
import { accessTokenHash } from '../helpers/hostile-provider.js'
import { setUpHostile } from './hostile-login.js'
import { claims, runCase, seconds, type Case } from './id-token-case.js'

const cases: Case[] = [
  ...[
    (issuer: string) => `${issuer}/`,
    (issuer: string) => issuer.replace('http:', 'https:'),
    (issuer: string) => issuer.replace('http:', 'HTTP:'),
    (issuer: string) => `${issuer}0`,
    (issuer: string) => [issuer],
    () => undefined,
  ].map((bent, index): Case => ({
    title: `CORE-5 rejects an issuer that is not exactly ours (${index + 1})`,
    code: 'ERR_ID_TOKEN_ISSUER',
    bend(provider) {
      provider.claims = { iss: bent(provider.issuer) }
    },
  })),
  ...[undefined, null, '', 'other', 'App', [], [1], ['other'], { app: true }].map((aud): Case => ({
    title: `CORE-6 rejects the audience ${JSON.stringify(aud)}`,
    code: 'ERR_ID_TOKEN_AUDIENCE',
    bend: claims({ aud }),
  })),
  { title: 'CORE-6 accepts the audience as a list', bend: claims({ aud: ['app'] }) },
  {
    title: 'CORE-6 rejects a second audience that is not trusted',
    code: 'ERR_ID_TOKEN_AUDIENCE',
    bend: claims({ aud: ['app', 'other'], azp: 'app' }),
  },
  {
    title: 'CORE-6 accepts a second audience that is trusted',
    settings: { trustedAudiences: ['other'] },
    bend: claims({ aud: ['app', 'other'], azp: 'app' }),
  },
  {
    title: 'CORE-7 rejects an authorized party other than the client',
    code: 'ERR_ID_TOKEN_AUTHORIZED_PARTY',
    bend: claims({ azp: 'other' }),
  },
  { title: 'CORE-7 accepts the client as authorized party', bend: claims({ azp: 'app' }) },
  {
    title: 'CORE-7 rejects several audiences without an authorized party',
    code: 'ERR_ID_TOKEN_AUTHORIZED_PARTY',
    settings: { trustedAudiences: ['other'] },
    bend: claims({ aud: ['app', 'other'] }),
  },
  ...[undefined, null, -1, '9999999999', 1e300, 8.64e12 + 1, Number.NaN, true, {}].map(
    (exp): Case => ({
      title: `CORE-10 rejects the expiry ${typeof exp} ${JSON.stringify(exp)}`,
      code: 'ERR_ID_TOKEN_EXPIRED',
      bend: claims({ exp }),
    }),
  ),
  {
    title: 'CORE-10 rejects a token that expired longer ago than the tolerance',
    code: 'ERR_ID_TOKEN_EXPIRED',
    bend: (provider) => claims({ exp: seconds() - 40 })(provider),
  },
  {
    title: 'CORE-10 accepts a token that expired within the tolerance',
    bend: (provider) => claims({ exp: seconds() - 10 })(provider),
  },
  {
    title: 'CORE-10 rejects a token that is not yet valid',
    code: 'ERR_ID_TOKEN_NOT_YET_VALID',
    bend: (provider) => claims({ nbf: seconds() + 60 })(provider),
  },
  {
    title: 'CORE-10 rejects a start of validity that is no instant',
    code: 'ERR_ID_TOKEN_NOT_YET_VALID',
    bend: claims({ nbf: 'soon' }),
  },
  {
    title: 'CORE-10 rejects a start of validity that is null',
    code: 'ERR_ID_TOKEN_NOT_YET_VALID',
    bend: claims({ nbf: null }),
  },
  ...[undefined, null, -1, '1', 1e300].map((iat): Case => ({
    title: `CORE-11 rejects the issue time ${typeof iat} ${String(iat)}`,
    code: 'ERR_ID_TOKEN_ISSUED_AT',
    bend: claims({ iat }),
  })),
  {
    title: 'CORE-11 rejects an issue time in the future',
    code: 'ERR_ID_TOKEN_ISSUED_AT',
    bend: (provider) => claims({ iat: seconds() + 60 })(provider),
  },
  {
    title: 'CORE-11 accepts an issue time that a clock running ahead explains',
    bend: (provider) => claims({ iat: seconds() + 10 })(provider),
  },
  {
    title: 'CORE-11 rejects an issue time too long ago',
    code: 'ERR_ID_TOKEN_ISSUED_AT',
    bend: (provider) => claims({ iat: seconds() - 700 })(provider),
  },
  {
    title: 'CORE-11 accepts an older issue time when the configuration allows it',
    settings: { maxIdTokenAge: 7_200_000 },
    bend: (provider) => claims({ iat: seconds() - 700 })(provider),
  },
  ...[undefined, null, '', 'stolen', 7].map((nonce): Case => ({
    title: `CORE-12 rejects the nonce ${JSON.stringify(nonce)}`,
    code: 'ERR_ID_TOKEN_NONCE',
    bend: claims({ nonce }),
  })),
  ...[undefined, 'pwd', ['mfa'], ''].map((acr): Case => ({
    title: `CORE-13 rejects acr ${JSON.stringify(acr)} when mfa was asked for`,
    code: 'ERR_ID_TOKEN_ACR',
    settings: { acrValues: ['mfa', 'phr'] },
    bend: claims({ acr }),
  })),
  {
    title: 'CORE-13 accepts an acr that was asked for',
    settings: { acrValues: ['mfa', 'phr'] },
    bend: claims({ acr: 'phr' }),
  },
  ...[undefined, 'now', -1].map((time): Case => ({
    title: `CORE-14 rejects the authentication time ${String(time)} when max_age was sent`,
    code: 'ERR_ID_TOKEN_AUTHENTICATION_TIME',
    settings: { maxAge: 60_000 },
    bend: claims({ auth_time: time }),
  })),
  {
    title: 'CORE-14 rejects an authentication longer ago than max_age',
    code: 'ERR_ID_TOKEN_AUTHENTICATION_TIME',
    settings: { maxAge: 60_000 },
    bend: (provider) => claims({ auth_time: seconds() - 120 })(provider),
  },
  {
    title: 'CORE-14 accepts an authentication within max_age and the tolerance',
    settings: { maxAge: 60_000 },
    bend: (provider) => claims({ auth_time: seconds() - 80 })(provider),
  },
  ...['wrong', 7, ''].map((hash): Case => ({
    title: `CORE-15 rejects the access token hash ${JSON.stringify(hash)}`,
    code: 'ERR_ID_TOKEN_ACCESS_TOKEN_HASH',
    bend: claims({ at_hash: hash }),
  })),
  {
    title: 'CORE-15 accepts the right access token hash',
    bend(provider) {
      provider.tokens = { access_token: 'known' }
      provider.claims = { at_hash: accessTokenHash('known') }
    },
  },
  ...[undefined, null, '', 'x'.repeat(256), 7, ['alice']].map((sub): Case => ({
    title: `CORE-16 rejects the subject ${JSON.stringify(sub)?.slice(0, 12)}`,
    code: 'ERR_ID_TOKEN_SUBJECT',
    bend: claims({ sub }),
  })),
  { title: 'CORE-16 accepts a subject of 255 characters', bend: claims({ sub: 'x'.repeat(255) }) },
]

for (const each of cases) t.test(each.title, (t) => runCase(t, each))

t.test('CORE-12 rejects an ID token that belongs to another login', async (t) => {
  const { provider, party, begin } = await setUpHostile(t)
  const first = await begin()
  const second = await begin()
  await party.finishLogin(first)
  provider.claims = { nonce: first.transaction.nonce }
  await t.rejects(party.finishLogin(second), { code: 'ERR_ID_TOKEN_NONCE' })
})

t.test('CORE-10 B16-4 reads no instant that a calendar does not know', async (t) => {
  for (const value of [1e300, -1, 8.64e12 + 1, Number.NaN, Number.POSITIVE_INFINITY, '1', null]) {
    t.equal(instantOf(value), undefined, String(value))
  }
  t.equal(instantOf(1.5), 1500)
  t.equal(instantOf(2_147_483_648), 2_147_483_648_000)
})
