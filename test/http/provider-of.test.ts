import t from 'tap'
import { createProviders } from '../../src/app/providers.js'
import { providerOf } from '../../src/http/provider-of.js'
import { createLogger } from '../../src/telemetry/logger.js'
import { loadText } from '../helpers/config-fixtures.js'

const config = loadText(`
publicUrl: https://app.example.com
providers:
  - { id: corp, issuer: 'https://idp.example.com', clientId: a, clientAuthentication: none }
  - id: many
    issuer: https://login.example.com/{tenantid}/v2.0
    discoveryUrl: https://login.example.com/common/.well-known/openid-configuration
    tenants: [one, two]
    clientId: a
    clientAuthentication: none
routes: [{ upstream: 'http://127.0.0.1:3000' }]
`)
const providers = createProviders(config, {
  logger: createLogger({ level: 'silent' }),
  clock: () => 1_800_000_000_000,
})
t.teardown(() => {
  for (const provider of providers.values()) provider.stop()
})

t.test('CORE-25 a session is of the provider whose issuer it names', async (t) => {
  const sessions: [providerId: string, issuer: string, isOf: boolean][] = [
    ['corp', 'https://idp.example.com', true],
    ['corp', 'https://idp.example.com/', false],
    ['corp', 'https://other.example.com', false],
    ['gone', 'https://idp.example.com', false],
    ['many', 'https://login.example.com/one/v2.0', true],
    ['many', 'https://login.example.com/two/v2.0', true],
    ['many', 'https://login.example.com/three/v2.0', false],
    ['many', 'https://idp.example.com', false],
  ]
  for (const [providerId, issuer, isOf] of sessions) {
    const provider = providerOf(providers, { providerId, issuer })
    t.equal(provider?.id, isOf ? providerId : undefined, `${providerId} ${issuer}`)
  }
})
