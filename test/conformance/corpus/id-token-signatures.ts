import { sign } from 'node:crypto'
import { createTestKey, publicJwk, signingKey } from '../../helpers/hostile-provider.js'
import { clientSecret } from '../product.js'
import type { Case } from './case.js'

const stranger = createTestKey('stranger')
const ec = createTestKey('ec', 'ES256')
const publicPem = signingKey.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const publicDer = signingKey.publicKey.export({ type: 'spki', format: 'der' }).toString('latin1')

const header = (title: string, code: string, bent: Record<string, unknown>): Case => ({
  name: `ID token: ${title}`,
  code,
  bend(provider) {
    provider.header = bent
  },
})

const mangled = (title: string, code: string, mangle: (token: string) => string): Case => ({
  name: `ID token: ${title}`,
  code,
  bend(provider) {
    provider.mangle = mangle
  },
})

/** Signed rightly over a payload that was changed as text. */
const payload = (title: string, code: string, edit: (json: string) => string | Buffer): Case =>
  mangled(title, code, (token) => {
    const [head, body = ''] = token.split('.')
    const json = edit(Buffer.from(body, 'base64url').toString())
    const content = `${head}.${Buffer.from(json).toString('base64url')}`
    const signature = sign('sha256', Buffer.from(content), signingKey.privateKey)
    return `${content}.${signature.toString('base64url')}`
  })

const hmac = (title: string, alg: string, secret: string): Case => ({
  name: `ID token: ${alg} keyed with ${title}`,
  code: 'ERR_ID_TOKEN_ALGORITHM',
  bend(provider) {
    provider.header = { alg }
    provider.signWith = secret
  },
})

const parts = (token: string) => {
  const [head = '', body = '', signature = ''] = token.split('.')
  return { head, body, signature }
}

const ownKey = { ...publicJwk(stranger), kid: signingKey.kid }

/** ID tokens whose header, signature or form is wrong (Core §3.1.3.7, RFC 8725 §3). */
export const idTokenSignatures: readonly Case[] = [
  ...['none', 'None', 'NONE', 'nOnE', 'RS384', 'RS512', 'PS256', 'ES512', 'dir', ''].map((alg) =>
    header(`"alg" is ${JSON.stringify(alg)}`, 'ERR_ID_TOKEN_ALGORITHM', { alg }),
  ),
  ...[undefined, null, 7, ['RS256'], { RS256: true }].map((alg) =>
    header(`"alg" is ${JSON.stringify(alg)}`, 'ERR_ID_TOKEN_ALGORITHM', { alg }),
  ),
  hmac('the public key as PEM', 'HS256', publicPem),
  hmac('the public key as PEM without its last line break', 'HS256', publicPem.trimEnd()),
  hmac('the public key as DER', 'HS256', publicDer),
  hmac('the public key as a JWK', 'HS256', JSON.stringify(publicJwk(signingKey))),
  hmac('the public key as PEM', 'HS512', publicPem),
  hmac('the client secret, which the configuration does not name', 'HS256', clientSecret),
  hmac('nothing', 'HS256', ''),
  header('"alg" is that of another kind of key', 'ERR_ID_TOKEN_KEY', { alg: 'ES256' }),
  {
    name: 'ID token: signed with a key of another kind than its "alg"',
    code: 'ERR_ID_TOKEN_SIGNATURE',
    bend(provider) {
      provider.mangle = (token) => {
        const { head, body } = parts(token)
        const signature = sign('sha256', Buffer.from(`${head}.${body}`), ec.privateKey)
        return `${head}.${body}.${signature.toString('base64url')}`
      }
    },
  },
  {
    name: 'ID token: signed with the wrong key',
    code: 'ERR_ID_TOKEN_SIGNATURE',
    bend(provider) {
      provider.signWith = stranger.privateKey
    },
  },
  {
    name: 'ID token: signed with the wrong key, without a "kid"',
    code: 'ERR_ID_TOKEN_SIGNATURE',
    bend(provider) {
      provider.header = { kid: undefined }
      provider.signWith = stranger.privateKey
    },
  },
  ...Object.entries({
    'an embedded "jwk"': { jwk: ownKey },
    'a "jku"': { jku: 'http://127.0.0.1:9/jwks' },
    'an "x5u"': { x5u: 'http://127.0.0.1:9/certificate' },
    'an "x5c"': { x5c: ['MIIB'] },
    'an "x5t"': { x5t: 'dGhlIHRodW1icHJpbnQ' },
  }).map(([title, bent]): Case => ({
    name: `ID token: signed with the wrong key, and ${title} that says it is right`,
    code: 'ERR_ID_TOKEN_SIGNATURE',
    bend(provider) {
      provider.header = bent
      provider.signWith = stranger.privateKey
    },
  })),
  ...['unknown', '', '../key-1', 'key-1 ', 'KEY-1', "key-1' or '1'='1", 'x'.repeat(10_000)].map(
    (kid) => header(`"kid" is ${JSON.stringify(kid.slice(0, 20))}`, 'ERR_ID_TOKEN_KEY', { kid }),
  ),
  ...[7, null, ['key-1'], { kid: 'key-1' }].map((kid) =>
    header(`"kid" is ${JSON.stringify(kid)}`, 'ERR_ID_TOKEN_KEY', { kid }),
  ),
  ...[['exp'], ['http://example.com/unknown'], [], 'exp', {}, null, ['b64']].map((crit) =>
    header(`"crit" is ${JSON.stringify(crit)}`, 'ERR_ID_TOKEN_CRITICAL_HEADER', { crit }),
  ),
  header('"b64" is critical and false', 'ERR_ID_TOKEN_CRITICAL_HEADER', {
    crit: ['b64'],
    b64: false,
  }),
  ...['at+jwt', 'application/at+jwt', 'logout+jwt', 'dpop+jwt', 'secevent+jwt', 'JOSE', ''].map(
    (typ) => header(`"typ" is ${JSON.stringify(typ)}`, 'ERR_ID_TOKEN_TYPE', { typ }),
  ),
  ...[7, null, ['JWT']].map((typ) =>
    header(`"typ" is ${JSON.stringify(typ)}`, 'ERR_ID_TOKEN_MALFORMED', { typ }),
  ),
  mangled('encrypted', 'ERR_ID_TOKEN_ENCRYPTED', () => 'eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d'),
  ...Object.entries({
    'no JWT': 'opaque',
    'three dots': '...',
    'two dots': '..',
    'one dot': '.',
    'a blank': ' ',
  }).map(([title, text]) => mangled(title, 'ERR_ID_TOKEN_MALFORMED', () => text)),
  mangled('without its signature', 'ERR_ID_TOKEN_SIGNATURE', (token) =>
    token.replace(/[^.]+$/, ''),
  ),
  mangled('without its last part', 'ERR_ID_TOKEN_MALFORMED', (token) =>
    token.replace(/\.[^.]+$/, ''),
  ),
  mangled('with a fourth part', 'ERR_ID_TOKEN_MALFORMED', (token) => `${token}.x`),
  mangled('with half of its signature', 'ERR_ID_TOKEN_SIGNATURE', (token) => {
    const { head, body, signature } = parts(token)
    return `${head}.${body}.${signature.slice(0, 171)}`
  }),
  mangled('with more after its signature', 'ERR_ID_TOKEN_SIGNATURE', (token) => `${token}AAAA`),
  mangled('with a signature of zeros', 'ERR_ID_TOKEN_SIGNATURE', (token) => {
    const { head, body } = parts(token)
    return `${head}.${body}.${Buffer.alloc(256).toString('base64url')}`
  }),
  mangled('with a subject changed after it was signed', 'ERR_ID_TOKEN_SIGNATURE', (token) => {
    const { head, body, signature } = parts(token)
    const changed = Buffer.from(body, 'base64url').toString().replace('alice', 'admin')
    return `${head}.${Buffer.from(changed).toString('base64url')}.${signature}`
  }),
  mangled('twice', 'ERR_ID_TOKEN_MALFORMED', (token) => `${token}.${token}`),
  mangled('twice, with a blank between', 'ERR_ID_TOKEN_ENCRYPTED', (token) => `${token} ${token}`),
  mangled('with a header that is no JSON', 'ERR_ID_TOKEN_MALFORMED', (token) => `x${token}`),
  mangled('with a list as its header', 'ERR_ID_TOKEN_MALFORMED', (token) => {
    const { body, signature } = parts(token)
    return `${Buffer.from('["RS256"]').toString('base64url')}.${body}.${signature}`
  }),
  mangled('with a header that names "alg" twice', 'ERR_ID_TOKEN_SIGNATURE', (token) => {
    const { body, signature } = parts(token)
    const twice = '{"alg":"none","alg":"RS256","kid":"key-1"}'
    return `${Buffer.from(twice).toString('base64url')}.${body}.${signature}`
  }),
  mangled('with a header of invalid UTF-8', 'ERR_ID_TOKEN_MALFORMED', (token) => {
    const { body, signature } = parts(token)
    const head = Buffer.concat([
      Buffer.from('{"alg":"RS256","x":"'),
      Buffer.from([0xff, 0x22, 0x7d]),
    ])
    return `${head.toString('base64url')}.${body}.${signature}`
  }),
  mangled('with a line break in it', 'ERR_ID_TOKEN_SIGNATURE', (token) =>
    token.replace('.', '\r\n.'),
  ),
  mangled('of 10 MB', 'ERR_PROVIDER_UNAVAILABLE', (token) => token.padEnd(10_000_000, 'A')),
  mangled('of 100 KB', 'ERR_ID_TOKEN_MALFORMED', (token) => token.padEnd(100_000, 'A')),
  ...['[]', '"alice"', 'null', '7', '', '{', '{"sub":"alice"}}', '<html></html>'].map((json) =>
    payload(`whose payload is ${json || 'empty'}`, 'ERR_ID_TOKEN_MALFORMED', () => json),
  ),
  payload('whose payload is a list of the claims', 'ERR_ID_TOKEN_MALFORMED', (json) => `[${json}]`),
  payload('whose payload is invalid UTF-8', 'ERR_ID_TOKEN_MALFORMED', (json) =>
    Buffer.concat([
      Buffer.from(json.slice(0, -1)),
      Buffer.from(',"name":"'),
      Buffer.from([0xff, 0x22, 0x7d]),
    ]),
  ),
  payload('whose payload is UTF-16', 'ERR_ID_TOKEN_MALFORMED', (json) =>
    Buffer.from(json, 'utf16le'),
  ),
  payload('whose payload nests 20,000 deep', 'ERR_ID_TOKEN_MALFORMED', (json) =>
    json.replace(/}$/, `,"deep":${'['.repeat(20_000)}${']'.repeat(20_000)}}`),
  ),
  payload('whose payload names "aud" twice, the wrong one last', 'ERR_ID_TOKEN_AUDIENCE', (json) =>
    json.replace(/}$/, ',"aud":"other"}'),
  ),
  payload('whose payload names "sub" twice, an empty one last', 'ERR_ID_TOKEN_SUBJECT', (json) =>
    json.replace(/}$/, ',"sub":""}'),
  ),
]
