import t from 'tap'
import { sessionOf } from './hostile-login.js'
import { setUp, signIn } from './real-login.js'

t.test('CORE-20 a real provider rotates the refresh token and the new one is kept', async (t) => {
  const { party } = await setUp(t)
  const session = sessionOf((await signIn(party)).result)
  let { tokens } = session
  for (let count = 0; count < 3; count++) {
    const outcome = await party.refresh(Object.assign(session, { tokens }), Date.now())
    if (outcome.kind !== 'refreshed') throw new Error(outcome.reason)
    t.not(outcome.tokens.refreshToken, tokens.refreshToken)
    t.not(outcome.tokens.accessToken, tokens.accessToken)
    tokens = outcome.tokens
  }
})

t.test('RF-9 a refresh reads the groups anew, from the ID token or from userinfo', async (t) => {
  for (const thinIdToken of [false, true]) {
    const { provider, party } = await setUp(t, {}, { thinIdToken })
    const session = sessionOf((await signIn(party)).result)
    t.same(session.identity.claims['groups'], ['staff', 'admins'])
    provider.people.set('alice', { ...provider.people.get('alice'), groups: ['guests'] })
    const outcome = await party.refresh(session, Date.now())
    t.match(outcome, { kind: 'refreshed', identity: { claims: { groups: ['guests'] } } })
  }
})

t.test(
  'RF-3 BCP-13 a refresh token that was used before is rejected, and so is its grant',
  async (t) => {
    const { provider, party } = await setUp(t)
    const session = sessionOf((await signIn(party)).result)
    const renewed = await party.refresh(session, Date.now())
    if (renewed.kind !== 'refreshed') throw new Error(renewed.reason)
    t.match(await party.refresh(session, Date.now()), { kind: 'rejected' })
    const revoked = { ...session, tokens: renewed.tokens }
    t.match(await party.refresh(revoked, Date.now()), { kind: 'rejected' })
    t.same(
      provider.tokenRequests.map(({ grantType, status }) => `${grantType} ${status}`),
      ['authorization_code 200', 'refresh_token 200', 'refresh_token 400', 'refresh_token 400'],
    )
  },
)

t.test('RF-3 RF-5 an answer lost after the rotation ends in one clean rejection', async (t) => {
  const { provider, party } = await setUp(t)
  const session = sessionOf((await signIn(party)).result)
  provider.loseTokenResponses()
  t.match(await party.refresh(session, Date.now()), { kind: 'unavailable' })
  provider.healTokenEndpoint()
  t.match(await party.refresh(session, Date.now()), { kind: 'rejected' })
})

t.test('RF-3 a person who is gone is rejected, a provider that is gone is not', async (t) => {
  const { provider, party } = await setUp(t)
  const session = sessionOf((await signIn(party)).result)
  await provider.stop()
  t.match(await party.refresh(session, Date.now()), { kind: 'unavailable' })
  await provider.start()
  provider.people.delete('alice')
  t.match(await party.refresh(session, Date.now()), { kind: 'rejected' })
})
