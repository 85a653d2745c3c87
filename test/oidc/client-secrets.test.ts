import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createRelyingParty } from '../../src/oidc/relying-party.js'
import { providerConfig } from '../helpers/provider-config.js'
import { startProvider } from '../helpers/provider.js'
import { redirectUri, sessionOf, setUpHostile } from './hostile-login.js'
import { neededClaims, signIn } from './real-login.js'

const [oldSecret, newSecret] = ['the old secret', 'the new secret'] as const

/** A session at a real provider, whose client has the old secret, as has the file. */
async function setUp(t: Test, method: 'client_secret_basic' | 'client_secret_post') {
  const provider = await startProvider({
    redirectUris: [redirectUri],
    rotateRefreshTokens: false,
    client: { client_secret: oldSecret, token_endpoint_auth_method: method },
  })
  t.teardown(() => provider.stop())
  const file = join(t.testdir(), 'client-secret')
  const lines: string[] = []
  const log = (_fields: unknown, message: string) => void lines.push(message)
  const { clientSecret: _, ...settings } = providerConfig({
    issuer: provider.issuer,
    clientAuthentication: method,
    clientSecretFile: file,
  })
  const party = createRelyingParty(settings, { neededClaims, logger: { info: log, warn: log } })
  t.teardown(() => party.stop())
  await writeFile(file, `${oldSecret}\n`)
  const session = sessionOf((await signIn(party)).result)

  /** The statuses of the token requests that a refresh makes, and what comes of it. */
  async function refresh() {
    const before = provider.tokenRequests.length
    const { kind } = await party.refresh(session, Date.now())
    return [kind, ...provider.tokenRequests.slice(before).map(({ status }) => status)]
  }
  const write = (...secrets: string[]) => writeFile(file, `${secrets.join('\n')}\n`)
  const rotateAtProvider = () => provider.changeClient({ clientSecret: newSecret })
  return { provider, file, lines, refresh, write, rotateAtProvider }
}

for (const method of ['client_secret_basic', 'client_secret_post'] as const) {
  t.test(`X6 ${method}: with both secrets in the file nobody notices the change`, async (t) => {
    const { lines, refresh, write, rotateAtProvider } = await setUp(t, method)
    await write(oldSecret, newSecret)
    t.same(await refresh(), ['refreshed', 200])
    await rotateAtProvider()
    t.same(await refresh(), ['refreshed', 401, 200], 'the other one is tried')
    t.same(await refresh(), ['refreshed', 200], 'and remembered')
    await write(newSecret)
    t.same(await refresh(), ['refreshed', 200])
    t.match(lines, [
      'provider discovered',
      'client secret replaced',
      'the provider accepts another client secret than before',
      'client secret replaced',
    ])
  })
}

t.test('X6 the file may be changed before the provider is', async (t) => {
  const { refresh, write, rotateAtProvider } = await setUp(t, 'client_secret_basic')
  await write(newSecret)
  t.same(await refresh(), ['refreshed', 401, 200], 'by the secret that was accepted last')
  await rotateAtProvider()
  t.same(await refresh(), ['refreshed', 200])
})

t.test('X6 a secret that is not accepted ends no session', async (t) => {
  const { lines, refresh, write, rotateAtProvider } = await setUp(t, 'client_secret_basic')
  await rotateAtProvider()
  t.same(await refresh(), ['unavailable', 401])
  await write('wrong', oldSecret)
  t.same(await refresh(), ['unavailable', 401, 401])
  await write(newSecret)
  t.same(await refresh(), ['refreshed', 200])
  const refusal = 'the provider refuses the client'
  t.equal(lines.filter((line) => line === refusal).length, 2, 'once for each request')
})

t.test('X6 many refreshes at once get by the change of the secret', async (t) => {
  const { provider, refresh, write, rotateAtProvider } = await setUp(t, 'client_secret_basic')
  await write(newSecret, oldSecret)
  await rotateAtProvider()
  const outcomes = await Promise.all(Array.from({ length: 8 }, refresh))
  for (const [kind] of outcomes) t.equal(kind, 'refreshed')
  t.equal(provider.tokenRequests.filter(({ status }) => status === 200).length, 9)
})

t.test('a secret file that cannot be used changes nothing and is logged once', async (t) => {
  const { file, lines, refresh, write } = await setUp(t, 'client_secret_basic')
  const refreshed = async () => t.same(await refresh(), ['refreshed', 200])
  await rm(file)
  await refreshed()
  await refreshed()
  await write('')
  await refreshed()
  await write('one', 'two', 'three')
  await refreshed()
  t.same(lines.slice(1), Array(3).fill('client secret kept as it was'))
})

t.test('X6 a provider in trouble says nothing of a secret', async (t) => {
  const file = join(t.testdir(), 'client-secret')
  await writeFile(file, `${oldSecret}\n${newSecret}\n`)
  const { provider, party, logIn } = await setUpHostile(t, { clientSecretFile: file })
  const session = sessionOf(await logIn())
  const callsFor = async (status: number, error = '') => {
    provider.answers.set('/token', { status, body: JSON.stringify({ error }) })
    const before = provider.callsTo('/token')
    t.match(await party.refresh(session, Date.now()), { kind: String })
    return provider.callsTo('/token') - before
  }
  t.equal(await callsFor(503), 1)
  t.equal(await callsFor(429), 1)
  t.equal(await callsFor(400, 'invalid_grant'), 1)
  t.equal(await callsFor(401, 'use_dpop_nonce'), 1)
  t.equal(await callsFor(400, 'invalid_client'), 2)
  t.equal(await callsFor(401, 'unauthorized_client'), 2, 'as Keycloak says it')
})

t.test('HS256 is verified by each of two secrets', async (t) => {
  const file = join(t.testdir(), 'client-secret')
  await writeFile(file, `${oldSecret}\n${newSecret}\n`)
  const { provider, logIn } = await setUpHostile(t, {
    clientSecretFile: file,
    idTokenSigningAlgorithms: ['HS256'],
  })
  provider.header = { alg: 'HS256', kid: undefined }
  for (const secret of [oldSecret, newSecret]) {
    provider.signWith = secret
    t.match(await logIn(), { identity: { sub: 'alice' } })
  }
  provider.signWith = 'another secret'
  await t.rejects(logIn(), { code: 'ERR_ID_TOKEN_SIGNATURE' })
})
