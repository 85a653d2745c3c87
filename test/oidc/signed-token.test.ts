import t from 'tap'
import type { ProviderConfig } from '../../src/config/schema.js'
import { createTestKey, forgeToken, publicJwk, signingKey } from '../helpers/hostile-provider.js'
import { header, runCase, type Case } from './id-token-case.js'

const otherKey = createTestKey('key-2')
const ecKey = createTestKey('ec-1', 'ES256')
const edKey = createTestKey('ed-1', 'EdDSA')

const hmac: Partial<ProviderConfig> = { idTokenSigningAlgorithms: ['HS256'] }
const secret = 'client secret with :%+ and more'

const cases: Case[] = [
  { title: 'CORE-8 accepts a token signed with RS256', bend: () => {} },
  {
    title: 'CORE-8 accepts a token signed with ES256',
    bend(provider) {
      provider.jwks = { keys: [publicJwk(signingKey), publicJwk(ecKey)] }
      provider.header = { alg: 'ES256', kid: 'ec-1' }
      provider.signWith = ecKey.privateKey
    },
  },
  {
    title: 'CORE-8 accepts a token signed with EdDSA',
    bend(provider) {
      provider.jwks = { keys: [publicJwk(signingKey), publicJwk(edKey)] }
      provider.header = { alg: 'EdDSA', kid: 'ed-1' }
      provider.signWith = edKey.privateKey
    },
  },
  {
    title: 'CORE-4 rejects an encrypted token, since encryption is not offered',
    code: 'ERR_ID_TOKEN_ENCRYPTED',
    bend(provider) {
      provider.tokens = { id_token: 'eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d' }
    },
  },
  {
    title: 'CORE-8 rejects a token signed with another key',
    code: 'ERR_ID_TOKEN_SIGNATURE',
    bend(provider) {
      provider.signWith = otherKey.privateKey
    },
  },
  {
    title: 'CORE-8 rejects an unsigned token',
    code: 'ERR_ID_TOKEN_ALGORITHM',
    bend: header({ alg: 'none' }),
  },
  {
    title: 'CORE-8 rejects an unsigned token that spells none in capitals',
    code: 'ERR_ID_TOKEN_ALGORITHM',
    bend(provider) {
      provider.header = { alg: 'NONE' }
      provider.signWith = ''
    },
  },
  {
    title: 'CORE-8 rejects an unsigned token although the provider announces none',
    code: 'ERR_ID_TOKEN_ALGORITHM',
    bend(provider) {
      provider.metadata['id_token_signing_alg_values_supported'] = ['none', 'RS256']
      provider.header = { alg: 'none' }
    },
  },
  {
    title: 'CORE-8 rejects an algorithm that the provider does not announce',
    code: 'ERR_ID_TOKEN_ALGORITHM',
    bend(provider) {
      provider.metadata['id_token_signing_alg_values_supported'] = ['ES256']
    },
  },
  {
    title: 'CORE-8 accepts RS256 from a provider that announces nothing',
    bend(provider) {
      delete provider.metadata['id_token_signing_alg_values_supported']
    },
  },
  {
    title: 'CORE-8 rejects an algorithm that the configuration does not name',
    code: 'ERR_ID_TOKEN_ALGORITHM',
    settings: { idTokenSigningAlgorithms: ['ES256'] },
    bend: () => {},
  },
  ...(['jwk', 'jku', 'x5u', 'x5c'] as const).map((name): Case => ({
    title: `CORE-8 does not use a key from the header (${name})`,
    code: 'ERR_ID_TOKEN_SIGNATURE',
    bend(provider) {
      const value = {
        jwk: publicJwk(otherKey),
        jku: `${provider.issuer}/forged-jwks`,
        x5u: `${provider.issuer}/forged-certificate`,
        x5c: ['MIIB'],
      }[name]
      provider.header = { [name]: value }
      provider.signWith = otherKey.privateKey
    },
  })),
  {
    title: 'CORE-8 rejects an unknown critical header',
    code: 'ERR_ID_TOKEN_CRITICAL_HEADER',
    bend: header({ crit: ['exp'] }),
  },
  {
    title: 'CORE-8 rejects a critical b64 header',
    code: 'ERR_ID_TOKEN_CRITICAL_HEADER',
    bend: header({ crit: ['b64'], b64: false }),
  },
  ...['at+jwt', 'logout+jwt', 'application/at+jwt', 7].map((typ): Case => ({
    title: `CORE-8 rejects a token of type ${typ}`,
    code: typeof typ === 'string' ? 'ERR_ID_TOKEN_TYPE' : 'ERR_ID_TOKEN_MALFORMED',
    bend: header({ typ }),
  })),
  { title: 'CORE-8 accepts a token without type', bend: header({ typ: undefined }) },
  ...['', 'x', 'a.b', '..', 'a.b.c', `${'a'.repeat(70_000)}.b.c`].map((token): Case => ({
    title: `CORE-8 rejects the token ${JSON.stringify(token.slice(0, 8))}`,
    code: token === '' ? 'ERR_ID_TOKEN_MISSING' : 'ERR_ID_TOKEN_MALFORMED',
    bend(provider) {
      provider.tokens = { id_token: token }
    },
  })),
  {
    title: 'CORE-8 rejects a payload that is no object',
    code: 'ERR_ID_TOKEN_MALFORMED',
    bend(provider) {
      const token = forgeToken({ alg: 'RS256', kid: 'key-1' }, ['a'], signingKey.privateKey)
      provider.tokens = { id_token: token }
    },
  },
  {
    title: 'CORE-9 rejects HS256 when the configuration does not name it',
    code: 'ERR_ID_TOKEN_ALGORITHM',
    bend(provider) {
      provider.metadata['id_token_signing_alg_values_supported'] = ['HS256', 'RS256']
      provider.header = { alg: 'HS256' }
      provider.signWith = secret
    },
  },
  {
    title: 'CORE-9 accepts HS256 under the client secret when the configuration names it',
    settings: hmac,
    bend(provider) {
      provider.header = { alg: 'HS256', kid: undefined }
      provider.signWith = secret
    },
  },
  {
    title: 'CORE-9 never takes the public key for an HMAC secret',
    code: 'ERR_ID_TOKEN_SIGNATURE',
    settings: { idTokenSigningAlgorithms: ['HS256', 'RS256'] },
    bend(provider) {
      provider.header = { alg: 'HS256' }
      provider.signWith = String(signingKey.publicKey.export({ format: 'pem', type: 'spki' }))
    },
  },
  {
    title: 'CORE-9 never takes an HMAC secret from the JWKS',
    code: 'ERR_ID_TOKEN_SIGNATURE',
    settings: hmac,
    bend(provider) {
      const k = Buffer.from('published').toString('base64url')
      provider.jwks = { keys: [{ kty: 'oct', k, kid: 'key-1', alg: 'HS256' }] }
      provider.header = { alg: 'HS256' }
      provider.signWith = 'published'
    },
  },
  {
    title: 'CORE-9 rejects HS256 with several audiences',
    code: 'ERR_ID_TOKEN_AUDIENCE',
    settings: { ...hmac, trustedAudiences: ['other'] },
    bend(provider) {
      provider.header = { alg: 'HS256' }
      provider.signWith = secret
      provider.claims = { aud: ['app', 'other'], azp: 'app' }
    },
  },
]

for (const each of cases) t.test(each.title, (t) => runCase(t, each))
