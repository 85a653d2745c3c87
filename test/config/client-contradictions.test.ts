import { generateKeyPairSync } from 'node:crypto'
import { testCases, type ConfigCase } from '../helpers/config-cases.js'
import { certificate, privateKey } from '../proxy/self-signed.js'

const method = (name: string, ...lines: string[]) =>
  [`    clientAuthentication: ${name}`, ...lines.map((line) => `    ${line}`)].join('\n')
const keyFile = (text: string, ...lines: string[]) => ({
  line: 7,
  with: method('private_key_jwt', 'clientKeyFile: /key', ...lines),
  files: { '/key': text },
})
const pkcs8 = { type: 'pkcs8', format: 'pem' } as const
const otherKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export(pkcs8)
const shortRsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export(pkcs8)
const x25519 = generateKeyPairSync('x25519').privateKey.export(pkcs8)
const jwk = (kid: string) => ({
  ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }),
  kid,
})

testCases([
  {
    title: 'private_key_jwt without a key',
    line: 7,
    with: method('private_key_jwt'),
    expect: [['providers[0].clientKeyFile', /private_key_jwt needs a private key/, 5]],
  },
  {
    title: 'a secret beside a key',
    line: 7,
    with: `    clientSecret: x\n${method('private_key_jwt', 'clientKeyFile: /key')}`,
    files: { '/key': privateKey },
    expect: [['providers[0].clientSecret', /although clientAuthentication is private_key_jwt/, 7]],
  },
  {
    title: 'HS* without a secret',
    ...keyFile(privateKey, 'idTokenSigningAlgorithms: [HS256]'),
    expect: [['providers[0].idTokenSigningAlgorithms', /needs a client secret/, 9]],
  },
  ...['tls_client_auth', 'self_signed_tls_client_auth'].map((name): ConfigCase => ({
    title: `${name} without a certificate`,
    line: 7,
    with: method(name, 'tls: { caFile: /ca.crt }'),
    files: { '/ca.crt': certificate },
    expect: [['providers[0].tls.certFile', /needs a client certificate/, 8]],
  })),
  {
    title: 'a client certificate',
    line: 7,
    with: method('tls_client_auth', 'tls: { certFile: /c.crt, keyFile: /c.key }'),
    files: { '/c.crt': certificate, '/c.key': privateKey },
    expect: [],
  },
  {
    title: 'a certificate without its key, and one with the key of another',
    line: 7,
    with: [
      method('tls_client_auth', 'tls: { certFile: /c.crt }'),
      '  - issuer: https://b.example',
      '    id: b',
      '    clientId: b',
      method('tls_client_auth', 'tls: { certFile: /c.crt, keyFile: /other.key }'),
    ].join('\n'),
    files: { '/c.crt': certificate, '/other.key': String(otherKey) },
    expect: [
      ['providers[0].tls.keyFile', /certFile needs its private key/, 8],
      ['providers[1].tls.keyFile', /not that of certFile/, 13],
    ],
  },
  {
    title: 'federated_assertion without a token',
    line: 7,
    with: method('federated_assertion'),
    expect: [['providers[0].clientAssertionFile', /needs a token/, 5]],
  },
  {
    title: 'the token file of a workload identity',
    line: 7,
    with: method('federated_assertion'),
    env: { AZURE_FEDERATED_TOKEN_FILE: '/token' },
    files: { '/token': 'aaa.bbb.ccc\n' },
    expect: [],
  },
  {
    title: 'the token file of a workload identity that is none',
    line: 7,
    with: method('federated_assertion'),
    env: { AZURE_FEDERATED_TOKEN_FILE: '/token' },
    files: { '/token': 'no token' },
    expect: [['AZURE_FEDERATED_TOKEN_FILE', /holds no signed JWT/]],
  },
  {
    title: 'the token file of a workload identity that nobody asks for',
    env: { AZURE_FEDERATED_TOKEN_FILE: '/none' },
    expect: [],
  },
  {
    title: 'a token for another method',
    line: 7,
    with: '    clientSecret: x\n    clientAssertionFile: /token',
    files: { '/token': 'aaa.bbb.ccc' },
    expect: [['providers[0].clientAssertionFile', /although .* is client_secret_basic/, 8]],
  },
  {
    title: 'two secrets in a file',
    line: 7,
    with: '    clientSecretFile: /s',
    files: { '/s': 'old\n\nnew\n' },
    expect: [],
  },
  {
    title: 'three secrets in a file',
    line: 7,
    with: '    clientSecretFile: /s',
    files: { '/s': 'a\nb\nc\n' },
    expect: [['providers[0].clientSecretFile', /has 3 lines; a client has one secret/, 7]],
  },
  { title: 'a key in PEM', ...keyFile(privateKey), expect: [] },
  {
    title: 'two keys in a JWKS',
    ...keyFile(JSON.stringify({ keys: [jwk('a'), jwk('b')] })),
    expect: [],
  },
  ...(
    [
      ['no key', 'nothing', [], /holds no private key in PEM or as a JWK/],
      ['half a PEM', privateKey.slice(0, 120), [], /holds no private key/],
      ['a broken PEM', privateKey.replace('MIGH', 'MIGG'), [], /holds PEM that cannot be read/],
      ['half a JWK', '{"kty":', [], /holds JSON that is no private JWK/],
      ['a public JWK', JSON.stringify({ ...jwk('a'), d: undefined }), [], /no private JWK/],
      ['a symmetric JWK', '{"kty":"oct","k":"c2VjcmV0"}', [], /no private JWK/],
      ['an empty JWKS', '{"keys":[]}', [], /holds no private key/],
      ['a JWK to decrypt', JSON.stringify({ ...jwk('a'), use: 'enc' }), [], /holds no private key/],
      ['a short RSA key', String(shortRsa), [], /use RSA of 2048 bits/],
      ['a key for encryption', String(x25519), [], /of a type that cannot sign/],
      ['two keys of one kid', JSON.stringify({ keys: [jwk('a'), jwk('a')] }), [], /two keys .*"a"/],
      [
        'another algorithm',
        privateKey,
        ['clientAssertionAlgorithm: PS256'],
        /cannot sign with "PS256"/,
      ],
      ['the algorithm of a JWK', JSON.stringify({ ...jwk('a'), alg: 'RS256' }), [], /with "RS256"/],
    ] as const
  ).map(([title, text, lines, message]): ConfigCase => ({
    title: `key file: ${title}`,
    line: 7,
    with: method('private_key_jwt', 'clientKeyFile: /key', ...lines),
    files: { '/key': text },
    expect: [['providers[0].clientKeyFile', message, 8]],
  })),
])
