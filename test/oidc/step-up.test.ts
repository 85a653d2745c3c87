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

t.test('E9 claims that an upstream demands go beside those of the settings', async (t) => {
  const cp1 = { values: ['cp1'] }
  const context = { essential: true, value: 'c1' }
  const demanded = { access_token: { acrs: context } }
  const gold = { essential: true, values: ['gold'] }
  const silver = { essential: true, value: 'silver' }
  const cases: [string, Partial<ProviderConfig>, LoginDemand, unknown][] = [
    ['alone', {}, { claims: demanded }, demanded],
    [
      'beside others',
      { claims: { access_token: { xms_cc: cp1 }, userinfo: { groups: null } } },
      { claims: demanded },
      { access_token: { xms_cc: cp1, acrs: context }, userinfo: { groups: null } },
    ],
    [
      'in another token',
      { claims: { id_token: { email: null } } },
      { claims: demanded },
      { id_token: { email: null }, ...demanded },
    ],
    [
      'never in the place of one',
      { claims: { access_token: { xms_cc: cp1 }, id_token: { acr: gold } } },
      { claims: { access_token: { xms_cc: null }, id_token: { acr: silver } } },
      { access_token: { xms_cc: cp1 }, id_token: { acr: gold } },
    ],
    [
      'in the place of one with any value',
      { claims: { access_token: { acrs: null } } },
      { claims: demanded },
      demanded,
    ],
    [
      'but for an acr that acrValues asks for',
      { acrValues: ['gold'] },
      { claims: { id_token: { acr: silver } } },
      undefined,
    ],
    [
      'beside a context',
      { claims: { id_token: { acr: gold } } },
      { acrValues: ['mfa'], claims: demanded },
      { id_token: { acr: { essential: true, values: ['mfa'] } }, ...demanded },
    ],
    [
      'whatever they are called',
      {},
      { claims: { id_token: { scope: context, redirect_uri: null, nonce: { value: 'x' } } } },
      { id_token: { scope: context, redirect_uri: null, nonce: { value: 'x' } } },
    ],
    [
      'but for names of the prototype',
      {},
      { claims: JSON.parse('{"id_token":{"__proto__":{"value":1},"constructor":null}}') },
      undefined,
    ],
  ]
  for (const [title, config, stepUp, expected] of cases) {
    const { party } = await setUpHostile(t, config)
    const plain = new URL((await party.beginLogin({ redirectUri, now: Date.now() })).url)
    const { url } = await party.beginLogin({ redirectUri, stepUp, now: Date.now() })
    const { searchParams } = new URL(url)
    const claims = searchParams.get('claims')
    t.strictSame(claims === null ? undefined : JSON.parse(claims), expected, title)
    for (const name of ['scope', 'redirect_uri', 'client_id', 'response_type', 'prompt'])
      t.equal(searchParams.get(name), plain.searchParams.get(name), `${title}: ${name}`)
  }
})

t.test('E9 an essential acr that an upstream demands must come back', async (t) => {
  const { provider, party, begin } = await setUpHostile(t)
  const stepUp = { claims: { id_token: { acr: { essential: true, values: ['mfa'] } } } }
  provider.claims = { acr: 'pwd' }
  await t.rejects(party.finishLogin({ ...(await begin()), stepUp }), { code: 'ERR_ID_TOKEN_ACR' })
  provider.claims = { acr: 'mfa' }
  t.match(await party.finishLogin({ ...(await begin()), stepUp }), { identity: { sub: 'alice' } })
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
