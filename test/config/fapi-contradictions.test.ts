import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { loadText, problemsOf } from '../helpers/config-fixtures.js'
import { certificate, privateKey as certificateKey } from '../proxy/self-signed.js'

const pemOf = (type: 'rsa' | 'p256' | 'p384' | 'ed25519') => {
  const { privateKey } =
    type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : type === 'ed25519'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('ec', { namedCurve: type === 'p256' ? 'P-256' : 'P-384' })
  return String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
}
const files = {
  '/p256': pemOf('p256'),
  '/rsa': pemOf('rsa'),
  '/p384': pemOf('p384'),
  '/ed25519': pemOf('ed25519'),
  '/rs256': JSON.stringify({
    ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }),
    alg: 'RS256',
  }),
  '/secret': 's3cret-s3cret-s3cret',
}

const configWith = (settings: string, route = '') => `
publicUrl: https://app.example.com
providers:
  - { id: bank, issuer: https://idp.example.com, clientId: app, profile: fapi2, ${settings} }
  - { id: other, issuer: https://other.example.com, clientId: app, clientSecret: s3cret-s3cret-s3cret }
routes: [{ upstream: http://127.0.0.1:3000 ${route} }]
`
const foundIn = (settings: string, route = '') =>
  problemsOf(configWith(settings, route), {}, files).map(
    ({ path, message }) => `${path} ${message}`,
  )

t.test(
  'FAPI-1 to FAPI-6 the profile changes the defaults of its provider, and of no other',
  async (t) => {
    const { providers } = loadText(configWith('clientKeyFile: /p256'), {}, files)
    const [bank, other] = providers
    t.match(bank, {
      clientAuthentication: 'private_key_jwt',
      clientAssertionAudience: 'issuer',
      pushedAuthorizationRequests: 'always',
      dpop: 'required',
      idTokenSigningAlgorithms: ['PS256', 'ES256', 'EdDSA'],
      clockTolerance: 30_000,
    })
    t.match(other, { clientAuthentication: 'client_secret_basic', dpop: 'off' })
  },
)

for (const [id, settings, expected] of [
  [
    'FAPI-1',
    'clientSecretFile: /secret, clientAuthentication: client_secret_basic',
    /clientAuthentication is client_secret_basic, .* use private_key_jwt, tls_client_auth or/,
  ],
  ['FAPI-1', 'clientAuthentication: none', /providers\[0\]\.clientAuthentication is none/],
  [
    'FAPI-1',
    'clientKeyFile: /p256, clientAssertionAudience: token_endpoint',
    /providers\[0\]\.clientAssertionAudience must be issuer/,
  ],
  [
    'FAPI-2',
    'clientKeyFile: /p256, pushedAuthorizationRequests: auto',
    /providers\[0\]\.pushedAuthorizationRequests must be always/,
  ],
  ['FAPI-3', 'clientKeyFile: /p256, dpop: off', /providers\[0\]\.dpop must be required/],
  [
    'FAPI-4',
    'clientKeyFile: /rsa, clientAssertionAlgorithm: RS256',
    /providers\[0\]\.clientAssertionAlgorithm is RS256/,
  ],
  [
    'FAPI-4',
    'clientKeyFile: /p384',
    /providers\[0\]\.clientKeyFile .* cannot sign with PS256, ES256, EdDSA/,
  ],
  ['FAPI-4', 'clientKeyFile: /rs256', /providers\[0\]\.clientKeyFile .* cannot sign with "RS256"/],
  [
    'FAPI-4',
    'clientKeyFile: /p256, idTokenSigningAlgorithms: [ES256, RS256]',
    /providers\[0\]\.idTokenSigningAlgorithms\[1\] is RS256/,
  ],
  [
    'FAPI-5',
    'clientKeyFile: /p256, allowInsecureIssuer: true',
    /providers\[0\]\.allowInsecureIssuer is ruled out/,
  ],
  [
    'FAPI-6',
    'clientKeyFile: /p256, clockTolerance: 5s',
    /providers\[0\]\.clockTolerance must be from 10s to 60s/,
  ],
  [
    'FAPI-6',
    'clientKeyFile: /p256, clockTolerance: 61s',
    /providers\[0\]\.clockTolerance must be from 10s to 60s/,
  ],
] as const) {
  t.test(`${id} refuses ${settings}`, async (t) => {
    const found = foundIn(settings)
    t.ok(
      found.some((problem) => expected.test(problem)),
      found.join('\n'),
    )
  })
}

t.test(
  'FAPI-1 FAPI-3 with a certificate it is the certificate that proves and binds',
  async (t) => {
    const tls = 'tls: { certFile: /crt, keyFile: /key }'
    const certified = { ...files, '/crt': certificate, '/key': certificateKey }
    const load = (settings: string) => loadText(configWith(settings), {}, certified).providers[0]
    t.match(load(tls), { clientAuthentication: 'tls_client_auth', dpop: 'off' })
    const both = { clientAuthentication: 'private_key_jwt', dpop: 'off' }
    t.match(load(`${tls}, clientKeyFile: /p256`), both)
    t.match(load(`${tls}, dpop: required`), { dpop: 'required' }, 'unless both are asked for')
  },
)

t.test('FAPI-4 an RSA key signs with PS256', async (t) => {
  t.same(foundIn('clientKeyFile: /rsa'), [])
  t.same(foundIn('clientKeyFile: /ed25519'), [])
})

t.test('FAPI-3 FAPI-5 refuses what routes do to access tokens', async (t) => {
  const key = 'clientKeyFile: /p256'
  t.match(foundIn(key, ', forward: { accessToken: header }'), [
    /^routes\[0\]\.forward\.accessToken is header, and profile: fapi2 of providers\[0\]/,
  ])
  t.same(foundIn(key, ', providers: [other], forward: { accessToken: header }'), [])
  t.match(foundIn(key, ', bearer: { audiences: [api] }'), [/^routes\[0\]\.bearer takes tokens/])
  t.same(foundIn(key, ', bearer: { audiences: [api], provider: other }'), [])
})

t.test('FAPI-8 message signing has requests and responses signed', async (t) => {
  const signing = 'profile: fapi2-message-signing, clientKeyFile: /p256'
  const settings = (more = '') => configWith(`${signing}${more}`).replace(' profile: fapi2,', '')
  t.match(loadText(settings(), {}, files).providers[0], {
    signedAuthorizationRequests: 'always',
    responseMode: 'jwt',
    dpop: 'required',
  })
  const written = ', signedAuthorizationRequests: auto, responseMode: form_post'
  t.match(problemsOf(settings(written), {}, files), [
    { path: 'providers[0].signedAuthorizationRequests', message: /must be always/ },
    { path: 'providers[0].responseMode', message: /use jwt, query\.jwt or form_post\.jwt/ },
  ])
})

t.test('FAPI-1 a secret beside the profile is one too many', async (t) => {
  const found = foundIn('clientSecretFile: /secret')
  t.match(found, [/clientSecretFile is set although/, /clientKeyFile is missing/])
})
