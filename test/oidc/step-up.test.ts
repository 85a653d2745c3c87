import t from 'tap'
import type { LoginDemand } from '../../src/oidc/login-request.js'
import type { ProviderConfig } from '../../src/config/schema.js'
import { redirectUri, setUpHostile } from './hostile-login.js'

t.test('what a login is to bring goes with the request, and over the settings', async (t) => {
  const settings = { acrValues: ['pwd'], maxAge: 60_000, prompt: 'consent' }
  const cases: [Partial<ProviderConfig>, LoginDemand, Record<string, string | null>][] = [
    [{}, { acrValues: ['mfa', 'phr'] }, { acr_values: 'mfa phr', max_age: null, prompt: null }],
    [{}, { maxAgeMs: 1999 }, { acr_values: null, max_age: '1', prompt: null }],
    [settings, { acrValues: ['mfa'] }, { acr_values: 'mfa', max_age: '60', prompt: 'consent' }],
    [settings, { maxAgeMs: 120_000 }, { acr_values: 'pwd', max_age: '60', prompt: 'consent' }],
    [settings, { maxAgeMs: 5000, forcesLogin: true }, { max_age: '5', prompt: 'login' }],
  ]
  for (const [config, stepUp, expected] of cases) {
    const { party } = await setUpHostile(t, config)
    const { url } = await party.beginLogin({ redirectUri, stepUp, now: Date.now() })
    const { searchParams } = new URL(url)
    for (const [name, value] of Object.entries(expected))
      t.equal(searchParams.get(name), value, name)
  }
})

t.test('CORE-13 CORE-14 a login that does not bring it is refused', async (t) => {
  const { provider, party, begin } = await setUpHostile(t, { clockTolerance: 0 })
  const finish = async (stepUp: LoginDemand, claims: Record<string, unknown>) => {
    provider.claims = claims
    return party.finishLogin({ ...(await begin()), stepUp })
  }
  const now = Math.floor(Date.now() / 1000)
  const acr = { acrValues: ['mfa', 'phr'] }
  t.match(await finish(acr, { acr: 'phr' }), { identity: { claims: { acr: 'phr' } } })
  for (const claims of [{}, { acr: 'pwd' }, { acr: 'mfa phr' }, { acr: ['mfa'] }]) {
    await t.rejects(finish(acr, claims), { code: 'ERR_ID_TOKEN_ACR' }, JSON.stringify(claims))
  }
  const age = { maxAgeMs: 60_000 }
  t.match(await finish(age, { auth_time: now - 10 }), { identity: { sub: 'alice' } })
  for (const claims of [{}, { auth_time: now - 120 }]) {
    await t.rejects(finish(age, claims), { code: 'ERR_ID_TOKEN_AUTHENTICATION_TIME' })
  }
})

t.test('STEP-2 a provider that says that it cannot is told apart', async (t) => {
  const { provider, party, begin } = await setUpHostile(t)
  const login = await begin()
  const parameters = new URLSearchParams({
    error: 'unmet_authentication_requirements',
    state: login.transaction.state,
    iss: provider.issuer,
  })
  const stepUp = { acrValues: ['mfa'] }
  await t.rejects(party.finishLogin({ ...login, parameters, stepUp }), {
    code: 'ERR_CALLBACK_UNMET',
  })
})
