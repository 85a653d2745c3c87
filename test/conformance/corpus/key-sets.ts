import { generateKeyPairSync } from 'node:crypto'
import { createTestKey, publicJwk, signingKey } from '../../helpers/hostile-provider.js'
import { answerCases, type Case } from './case.js'
import { boundless, temporary, unreadable, unsuccessful } from './documents.js'

const endpoint = { title: 'JWKS', path: '/jwks' }
const right = publicJwk(signingKey)
const stranger = createTestKey('key-1')
const ec = createTestKey('ec', 'ES256')
const short = generateKeyPairSync('rsa', { modulusLength: 1024 })

const documents = (code: string, values: Record<string, unknown>): Case[] =>
  Object.entries(values).map(([title, document]) => ({
    name: `JWKS: ${title}`,
    code,
    bend(provider) {
      provider.jwks = document
    },
  }))

const without = (name: string) =>
  Object.fromEntries(Object.entries(right).filter(([key]) => key !== name))

/** Keys of the provider that are wrong, missing, doubled or huge (Core §10.1). */
export const keySets: readonly Case[] = [
  ...documents('ERR_PROVIDER_KEYS', {
    'without "keys"': {},
    '"keys" is null': { keys: null },
    '"keys" is a text': { keys: 'none' },
    '"keys" is an object': { keys: right },
    '"keys" is a number': { keys: 1 },
    'a list of keys without an object around it': [right],
  }),
  ...documents('ERR_ID_TOKEN_KEY', {
    'no keys': { keys: [] },
    'members that are no keys': { keys: [null, 7, 'key', [], {}] },
    'a key for encryption alone': { keys: [{ ...right, use: 'enc' }] },
    'a key of unknown use': { keys: [{ ...right, use: 'unknown' }] },
    'a key of an unknown type': { keys: [{ ...right, kty: 'XX' }] },
    'a key of a type in small letters': { keys: [{ ...right, kty: 'rsa' }] },
    'a key without a type': { keys: [without('kty')] },
    'a secret key that is the client secret': {
      keys: [{ kty: 'oct', kid: 'key-1', alg: 'HS256', k: 'c2VjcmV0' }],
    },
    'keys of other kinds alone': { keys: [publicJwk(ec)] },
    'a key of another "alg"': { keys: [{ ...right, alg: 'PS256' }] },
    'a key that may only encrypt': { keys: [{ ...right, key_ops: ['encrypt'] }] },
    'the right key under another "kid"': { keys: [{ ...right, kid: 'key-2' }] },
    'the right key after a hundred others': {
      keys: [...Array.from({ length: 100 }, () => publicJwk(ec)), right],
    },
  }),
  ...documents('ERR_ID_TOKEN_SIGNATURE', {
    'the key of somebody else': { keys: [publicJwk(stranger)] },
    'two keys with one "kid", both wrong': {
      keys: [publicJwk(stranger), publicJwk(createTestKey('key-1'))],
    },
    'an RSA key of 1024 bits': {
      keys: [{ ...short.publicKey.export({ format: 'jwk' }), kid: 'key-1', alg: 'RS256' }],
    },
    'a key without a modulus': { keys: [without('n')] },
    'a key without an exponent': { keys: [without('e')] },
    'a modulus that is no base64url': { keys: [{ ...right, n: '!!!' }] },
    'a modulus that is a number': { keys: [{ ...right, n: 7 }] },
    'an exponent of one': { keys: [{ ...right, e: 'AQ' }] },
  }),
  {
    name: 'JWKS: two keys with one "kid", of which the second is right',
    because: 'during a rotation some providers repeat a "kid", and one of the keys has signed it',
    bend(provider) {
      provider.jwks = { keys: [publicJwk(stranger), right] }
    },
  },
  {
    name: 'JWKS: the right key among what is none',
    because: 'a new kind of key beside the old ones must not lock everybody out (DISC-5)',
    bend(provider) {
      provider.jwks = { keys: [null, {}, { kty: 'XX' }, right] }
    },
  },
  ...answerCases(endpoint, unreadable, { code: 'ERR_PROVIDER_KEYS' }),
  ...answerCases(endpoint, unsuccessful, { code: 'ERR_PROVIDER_UNAVAILABLE' }),
  ...answerCases(endpoint, temporary, { code: 'ERR_PROVIDER_UNAVAILABLE' }),
  ...answerCases(endpoint, boundless, {
    code: 'ERR_PROVIDER_UNAVAILABLE',
    settings: { timeout: '1s' },
    isBoundless: true,
  }),
  {
    name: 'JWKS: invalid UTF-8',
    code: 'ERR_PROVIDER_KEYS',
    bend(provider) {
      const json = JSON.stringify({ keys: [{ ...right, note: '?' }] })
      provider.answers.set('/jwks', { body: Buffer.from(json.replace('?', '\u00ff'), 'latin1') })
    },
  },
  {
    name: 'JWKS: "keys" twice, the wrong ones last',
    code: 'ERR_ID_TOKEN_SIGNATURE',
    bend(provider) {
      const [good, bad] = [JSON.stringify([right]), JSON.stringify([publicJwk(stranger)])]
      provider.answers.set('/jwks', { body: `{"keys":${good},"keys":${bad}}` })
    },
  },
]
