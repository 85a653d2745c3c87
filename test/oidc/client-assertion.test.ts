import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet, type JWK } from 'jose'
import type { SigningAlgorithm } from 'oidc-provider'
import t, { type Test } from 'tap'
import type { ProviderConfig } from '../../src/config/schema.js'
import { parseClientKeys } from '../../src/config/client-keys.js'
import type { RelyingParty } from '../../src/oidc/relying-party.js'
import { certificate, privateKey } from '../proxy/self-signed.js'
import { sessionOf, setUpHostile } from './hostile-login.js'
import { setUp, signIn } from './real-login.js'

const ecKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const pemOf = (key: KeyObject) => String(key.export({ type: 'pkcs8', format: 'pem' }))
const jwksOf = (...keys: JWK[]) => JSON.stringify({ keys })
const jwkOf = (key: KeyObject): JWK => key.export({ format: 'jwk' })

/** The client's keys as a provider gets them. */
async function published(party: RelyingParty): Promise<JSONWebKeySet> {
  const jwks: unknown = JSON.parse(JSON.stringify(await party.clientJwks()))
  const keys: unknown = Reflect.get(Object(jwks), 'keys')
  if (!Array.isArray(keys)) throw new Error('no keys are published')
  return { keys }
}

/** A hostile provider that takes any client, and the assertions that it was sent. */
async function setUpAssertions(t: Test, text: string, settings: Partial<ProviderConfig> = {}) {
  const clientKeyFile = join(t.testdir(), 'client-key')
  await writeFile(clientKeyFile, text)
  const hostile = await setUpHostile(t, {
    clientAuthentication: 'private_key_jwt',
    clientKeyFile,
    ...settings,
  })
  const { party, provider } = hostile
  const assertions = (path: string) =>
    provider.calls.filter((call) => call.path === path).map(({ form }) => form)
  const verified = async (form: URLSearchParams | undefined) =>
    jwtVerify(form?.get('client_assertion') ?? '', createLocalJWKSet(await published(party)))
  const write = (content: string) => writeFile(clientKeyFile, content)
  return { ...hostile, assertions, verified, write }
}

t.test('PKJ-1 an assertion says who the client is, to whom, and for how long', async (t) => {
  const { provider, logIn, assertions, verified } = await setUpAssertions(t, pemOf(ecKey()))
  const before = Math.floor(Date.now() / 1000)
  await logIn()
  const [form] = assertions('/token')
  t.match(Object.fromEntries(form ?? []), {
    client_id: 'app',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  })
  t.notOk(form?.has('client_secret'))
  t.equal(provider.calls.find(({ path }) => path === '/token')?.authorization, undefined)
  const { payload, protectedHeader } = await verified(form)
  const { iat = 0, exp = 0, jti = '', ...claims } = payload
  t.strictSame(claims, { iss: 'app', sub: 'app', aud: provider.issuer })
  t.ok(iat >= before && exp - iat === 60)
  t.match(jti, /^[0-9a-f-]{36}$/)
  t.match(protectedHeader, { alg: 'ES256', kid: /^[\w-]{43}$/ })
})

t.test('PKJ-1 the audience is the token endpoint where a provider wants that', async (t) => {
  const { provider, logIn, assertions, verified } = await setUpAssertions(t, pemOf(ecKey()), {
    clientAssertionAudience: 'token_endpoint',
  })
  await logIn()
  const { payload } = await verified(assertions('/token')[0])
  t.equal(payload.aud, `${provider.issuer}/token`)
})

t.test('PKJ-1 the audience is the issuer as the metadata name it', async (t) => {
  const settings = { issuerSlash: 'either' } as const
  const { provider, logIn, assertions, verified } = await setUpAssertions(
    t,
    pemOf(ecKey()),
    settings,
  )
  const issuer = `${provider.issuer}/`
  provider.metadata['issuer'] = issuer
  provider.claims = { iss: issuer }
  await logIn()
  const { payload } = await verified(assertions('/token')[0])
  t.equal(payload.aud, issuer)
})

t.test('PKJ-2 every attempt has an assertion of its own', async (t) => {
  const { provider, party, logIn, assertions, verified } = await setUpAssertions(t, pemOf(ecKey()))
  provider.metadata['revocation_endpoint'] = `${provider.issuer}/revoke`
  const { tokens, ...login } = await logIn()
  const busy = { status: 503, headers: { 'retry-after': '0' } }
  provider.answers.set('/revoke', busy)
  await party.revoke(tokens)
  provider.answers.set('/token', busy)
  t.match(await party.refresh(sessionOf({ ...login, tokens }), Date.now()), { kind: 'unavailable' })
  provider.answers.delete('/token')
  t.match(await party.refresh(sessionOf({ ...login, tokens }), Date.now()), { kind: 'refreshed' })

  const sent = [...assertions('/token'), ...assertions('/revoke')]
  t.equal(sent.length, 7, 'each token is tried twice at the revocation endpoint')
  const verifying = await Promise.all(sent.map(verified))
  t.equal(new Set(verifying.map(({ payload }) => payload.jti)).size, sent.length)
})

t.test('PKJ-2 a request that is repeated with a nonce has another assertion', async (t) => {
  const { provider, logIn, assertions, verified } = await setUpAssertions(t, pemOf(ecKey()), {
    dpop: 'required',
  })
  provider.metadata['dpop_signing_alg_values_supported'] = ['ES256']
  provider.tokens['token_type'] = 'DPoP'
  provider.answers.set('/token', {
    status: 400,
    headers: { 'dpop-nonce': 'one' },
    body: '{"error":"use_dpop_nonce"}',
  })
  await t.rejects(logIn(), { code: 'ERR_TOKEN_RESPONSE' })
  const sent = assertions('/token')
  t.equal(sent.length, 2)
  const verifying = await Promise.all(sent.map(verified))
  t.equal(new Set(verifying.map(({ payload }) => payload.jti)).size, 2)
})

t.test('PKJ-3 the first key of the file signs, all are published, without a restart', async (t) => {
  const [first, second] = [{ ...jwkOf(ecKey()), kid: 'one' }, jwkOf(ecKey())]
  const { party, logIn, assertions, verified, write, warnings } = await setUpAssertions(
    t,
    jwksOf(first),
  )
  const signer = async () => {
    await logIn()
    return (await verified(assertions('/token').at(-1))).protectedHeader.kid
  }
  const kids = async () => (await published(party)).keys.map(({ kid }) => kid)
  t.equal(await signer(), 'one')

  await write(jwksOf(first, second))
  const [, next] = await kids()
  t.equal(await signer(), 'one', 'the new one is published before it signs')
  t.match(next, /^[\w-]{43}$/)

  await write(jwksOf(second, first))
  t.equal(await signer(), next)
  t.same(await kids(), [next, 'one'])

  for (const broken of [
    '',
    '{"keys":[',
    jwksOf(second).slice(0, -9),
    '-----BEGIN PRIVATE KEY-----',
  ]) {
    await write(broken)
    t.equal(await signer(), next, 'what cannot be used changes nothing')
  }
  t.ok(warnings.length >= 1)
  const { keys } = await published(party)
  for (const key of keys)
    t.same(
      Object.keys(key).filter((name) => 'dpqk'.includes(name)),
      [],
    )
})

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const ed25519 = generateKeyPairSync('ed25519').privateKey
const ec = ecKey()
const cases: [string, string, Partial<ProviderConfig>, SigningAlgorithm][] = [
  ['RSA in PEM', pemOf(rsa), {}, 'RS256'],
  ['RSA in PEM', pemOf(rsa), { clientAssertionAlgorithm: 'PS256' }, 'PS256'],
  ['EC of OpenSSL', String(ec.export({ type: 'sec1', format: 'pem' })), {}, 'ES256'],
  ['Ed25519 as a JWK', JSON.stringify(jwkOf(ed25519)), {}, 'EdDSA'],
]
for (const [title, text, settings, alg] of cases) {
  t.test(`PKJ-1 BCP-9 a real provider takes ${title} with ${alg}`, async (t) => {
    const clientKeyFile = join(t.testdir(), 'client-key')
    await writeFile(clientKeyFile, text)
    const parsed = parseClientKeys(text, settings.clientAssertionAlgorithm)
    const keys = 'content' in parsed ? parsed.content.map(({ publicJwk }) => publicJwk) : []
    const { provider, party } = await setUp(
      t,
      { clientAuthentication: 'private_key_jwt', clientKeyFile, ...settings },
      {
        revocation: true,
        client: {
          client_secret: undefined,
          token_endpoint_auth_method: 'private_key_jwt',
          token_endpoint_auth_signing_alg: alg,
          jwks: { keys: keys.map((jwk) => Object.assign({ kty: '' }, jwk)) },
        },
      },
    )
    const { result } = await signIn(party)
    t.match(await party.refresh(sessionOf(result), Date.now()), { kind: 'refreshed' })
    t.match(await party.revoke(result.tokens), [{ outcome: 'revoked' }, { outcome: 'revoked' }])
    t.equal(provider.tokenRequests.length, 2)
  })
}

t.test('a certificate beside the key is named in the header, for Entra ID', async (t) => {
  const { logIn, assertions, verified } = await setUpAssertions(t, `${certificate}\n${privateKey}`)
  await logIn()
  const { protectedHeader } = await verified(assertions('/token')[0])
  const der = Buffer.from(certificate.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
  t.equal(protectedHeader['x5t#S256'], createHash('sha256').update(der).digest('base64url'))
})
