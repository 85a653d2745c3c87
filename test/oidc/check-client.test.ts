import t from 'tap'
import { setUpHostile } from './hostile-login.js'
import { setUp } from './real-login.js'

const refused = { code: 'ERR_PROVIDER_REJECTED_CLIENT' }

t.test('a real provider accepts the client, or does not', async (t) => {
  const { provider, party } = await setUp(t)
  await party.checkClient()
  t.match(provider.tokenRequests, [{ status: 400 }], 'the code is nobody’s')
  await provider.changeClient({ clientSecret: 'another' })
  await t.rejects(party.checkClient(), refused)
  await provider.stop()
  await t.rejects(party.checkClient(), { code: 'ERR_PROVIDER_UNAVAILABLE' })
})

t.test('what a provider says that is not of the client is no objection to it', async (t) => {
  const { provider, party } = await setUpHostile(t)
  const answer = (status: number, body: string) => provider.answers.set('/token', { status, body })
  for (const [status, body] of [
    [400, '{"error":"invalid_grant"}'],
    [400, '{"error":"invalid_request"}'],
    [403, '<html>'],
    [200, '{}'],
  ] as const) {
    answer(status, body)
    await t.resolves(party.checkClient(), body)
  }
  for (const [status, body] of [
    [400, '{"error":"invalid_client"}'],
    [400, '{"error":"unauthorized_client"}'],
    [401, '{"error":"access_denied"}'],
    [401, ''],
  ] as const) {
    answer(status, body)
    await t.rejects(party.checkClient(), refused, body)
  }
  answer(503, '')
  await t.rejects(party.checkClient(), { code: 'ERR_PROVIDER_UNAVAILABLE' })
})
