import t, { type Test } from 'tap'
import {
  createTestKey,
  publicJwk,
  type HostileProvider,
  type TestKey,
} from '../helpers/hostile-provider.js'
import { runPlan, type Module, type Run } from './plan.js'

t.setTimeout(120_000)

const next = createTestKey('key-2')

/** The provider signs with that key from now on, and publishes it alone. */
function rotate(provider: HostileProvider, key: TestKey): void {
  provider.header = { kid: key.kid }
  provider.signWith = key.privateKey
  provider.jwks = { keys: [publicJwk(key)] }
}

async function rotateAndLogInAgain(t: Test, { product, trusted, provider }: Run): Promise<void> {
  const before = provider.callsTo('/jwks')
  rotate(provider, next)
  t.equal((await product.logIn(trusted)).answer, 'LOGIN_FINISHED')
  t.equal(provider.callsTo('/jwks'), before + 1)
}

const modules: readonly Module[] = [
  {
    name: 'oidcc-client-test-discovery-openid-config',
    bend(provider) {
      provider.metadata['authorization_endpoint'] = `${provider.issuer}/where/people/sign-in`
    },
    check(t, { provider, begun }) {
      t.ok(begun.authorization?.startsWith(`${provider.issuer}/where/people/sign-in?`))
      t.equal(provider.callsTo('/.well-known/openid-configuration'), 1)
    },
  },
  {
    name: 'oidcc-client-test-discovery-jwks-uri-keys',
    bend: (provider) => rotate(provider, next),
    check: (t, { provider }) => void t.equal(provider.callsTo('/jwks'), 1),
  },
  {
    name: 'oidcc-client-test-discovery-issuer-mismatch',
    bend(provider) {
      provider.metadata['issuer'] = 'https://other.example.com'
    },
    code: 'ERR_PROVIDER_ISSUER',
    check(t, { provider, begun }) {
      t.equal(begun.authorization, undefined)
      t.equal(provider.callsTo('/token') + provider.callsTo('/jwks'), 0)
    },
  },
  {
    name: 'oidcc-client-test-idtoken-sig-none',
    bend(provider) {
      provider.metadata['id_token_signing_alg_values_supported'] = ['RS256', 'none']
      provider.header = { alg: 'none', kid: undefined }
    },
    code: 'ERR_ID_TOKEN_ALGORITHM',
  },
  { name: 'oidcc-client-test-signing-key-rotation', check: rotateAndLogInAgain },
  {
    name: 'oidcc-client-test-signing-key-rotation-just-before-signing',
    async check(t, { product, trusted, provider }) {
      provider.mangle = (token) => {
        provider.jwks = { keys: [publicJwk(next)] }
        return token
      }
      provider.header = { kid: next.kid }
      provider.signWith = next.privateKey
      t.equal((await product.logIn(trusted)).answer, 'LOGIN_FINISHED')
      t.equal(provider.callsTo('/jwks'), 2)
    },
  },
]

t.test('oidcc-client-config-certification-test-plan', (t) => runPlan(t, modules))
