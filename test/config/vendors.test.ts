import t from 'tap'
import { printEffectiveConfig } from '../../src/config/effective.js'
import { issuersOf } from '../../src/config/issuer-template.js'
import { providerWarnings } from '../../src/config/provider-warnings.js'
import { findProfile } from '../../src/config/vendors/profiles.js'
import { loadText, problemsOf } from '../helpers/config-fixtures.js'

const fileOf = (provider: string, route = '') => `
publicUrl: https://app.example.com
providers: [{ clientId: app, clientSecret: s3cret, ${provider} }]
routes: [{ upstream: 'http://app', ${route} }]
`
const load = (provider: string) => {
  const [loaded] = loadText(fileOf(provider)).providers
  if (loaded === undefined) throw new Error('no provider')
  return loaded
}

const tenant = '11111111-2222-4333-8444-555555555555'

for (const [issuer, vendor] of [
  ['https://accounts.google.com', 'google'],
  ['https://acme.okta.com', 'okta'],
  ['https://acme.oktapreview.com/oauth2/default', 'okta'],
  ['https://acme.eu.auth0.com/', 'auth0'],
  ['https://acme.auth0.com', 'auth0'],
  ['https://sso.example.com/realms/main', 'keycloak'],
  ['https://sso.example.com/auth/realms/main', 'keycloak'],
  [`https://login.microsoftonline.com/${tenant}/v2.0`, 'entra'],
  ['https://login.microsoftonline.com/{tenantid}/v2.0', 'entra'],
  [`https://acme.ciamlogin.com/${tenant}/v2.0`, 'entra'],
  [`https://acme.b2clogin.com/${tenant}/v2.0/`, 'entra'],
  ['https://sso.example.com/dex', 'dex'],
  ['https://gitlab.com', 'gitlab'],
  ['https://gitlab.example.com/sub', 'gitlab'],
  ['https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_abc', 'cognito'],
  [`https://auth.pingone.eu/${tenant}/as`, 'pingone'],
  ['https://sso.example.com/am/oauth2/alpha', 'pingam'],
  ['https://fs.example.com/adfs', 'adfs'],
  ['https://idp.example.com', undefined],
  ['https://accounts.google.com.evil.example', undefined],
  ['https://evil.example/accounts.google.com', undefined],
  ['https://evil.example/?.okta.com', undefined],
] as const) {
  t.test(`the vendor of ${issuer} is ${vendor ?? 'nobody'}`, async (t) => {
    t.equal(findProfile(undefined, issuer)?.vendor, vendor)
  })
}

t.test('a profile is told by name where the issuer does not tell', async (t) => {
  const byName = load('issuer: https://login.example.com/, vendor: auth0')
  t.match(byName, {
    issuerSlash: 'either',
    endSession: { url: 'https://login.example.com/v2/logout' },
  })
  const federate = load('issuer: https://sso.example.com, vendor: pingfederate')
  t.match(federate.endSession, { url: 'https://sso.example.com/idp/init_logout.openid' })
})

t.test('what is written stays, and `vendor: none` takes nothing over', async (t) => {
  const issuer = 'issuer: https://acme.okta.com'
  t.same(load(issuer).scopes, ['openid', 'profile', 'email', 'offline_access'])
  t.same(load(`${issuer}, scopes: [openid]`).scopes, ['openid'])
  const none = load(`${issuer}, vendor: none`)
  t.same(none.scopes, ['openid', 'profile', 'email'])
  t.equal(none.accessTokenType, 'at+jwt')
})

t.test('what a profile cannot tell of an issuer is left out', async (t) => {
  const known = load(`issuer: https://login.microsoftonline.com/${tenant}/v2.0`)
  t.same(known.accessTokenIssuers, [`https://sts.windows.net/${tenant}/`])
  const custom = load('issuer: https://sso.example.com, vendor: entra')
  t.same(custom.accessTokenIssuers, [])
  t.equal(custom.discoveryUrl, undefined)
})

t.test(
  'the effective configuration shows the defaults of the profile and whose they are',
  async (t) => {
    const printed = printEffectiveConfig(
      loadText(fileOf('issuer: https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a')),
    )
    t.match(printed, /vendor: cognito/)
    t.match(printed, /groupsClaim: cognito:groups/)
    t.match(printed, /logout_uri: '\{returnTo\}'/)
  },
)

t.test('the environment alone gets the profile as well', async (t) => {
  const { providers } = loadText('', {
    VALETKEY_PUBLIC_URL: 'https://app.example.com',
    VALETKEY_ISSUER: 'https://sso.example.com/realms/main',
    VALETKEY_CLIENT_ID: 'app',
    VALETKEY_CLIENT_SECRET: 'secret',
    VALETKEY_UPSTREAM: 'http://app',
  })
  t.match(providers, [{ vendor: 'keycloak', rolesClaim: ['realm_access', 'roles'] }])
})

t.test('a profile puts nothing in the way of a setting of the wrong kind', async (t) => {
  t.match(problemsOf(fileOf('issuer: https://acme.okta.com, scopes: 7')), [
    { path: 'providers[0].scopes' },
  ])
  t.match(problemsOf(fileOf('issuer: https://acme.okta.com, vendor: octa')), [
    { path: 'providers[0].vendor', message: /one of google, okta/ },
  ])
  t.match(problemsOf('providers: { issuer: https://acme.okta.com }').length > 0, true)
})

const template = 'issuer: "https://login.microsoftonline.com/{tenantid}/v2.0"'

for (const [title, provider, path, message] of [
  ['E1 a template without tenants does not start', template, 'tenants', /name the tenants/],
  [
    'E1 an empty list of tenants does not start either',
    `${template}, tenants: []`,
    'tenants',
    /name the tenants/,
  ],
  [
    'E1 an address of many tenants does not start',
    'issuer: https://login.microsoftonline.com/common/v2.0',
    'issuer',
    /\{tenantid\} and list tenants/,
  ],
  [
    'tenants of an issuer that has none',
    `issuer: https://idp.example.com, tenants: [${tenant}]`,
    'tenants',
    /no \{tenantid\}/,
  ],
  [
    'a template without metadata',
    `issuer: "https://idp.example.com/{tenantid}", tenants: [${tenant}]`,
    'discoveryUrl',
    /is missing/,
  ],
  [
    'K8 a discovery URL over plain http',
    'issuer: https://idp.example.com, discoveryUrl: http://idp.internal/x',
    'discoveryUrl',
    /plain http/,
  ],
  [
    'a logout address that is none',
    'issuer: https://idp.example.com, endSession: { url: /logout }',
    'endSession.url',
    /is not a URL/,
  ],
  [
    'a fallback for what a token says of itself',
    'issuer: https://idp.example.com, claimFallbacks: { sub: [oid] }',
    'claimFallbacks.sub',
    /says of itself/,
  ],
] as const) {
  t.test(`${title}, and is told why`, async (t) => {
    t.match(problemsOf(fileOf(provider)), [{ path: `providers[0].${path}`, message }])
  })
}

t.test('E1 a template with tenants has its metadata where Entra keeps them', async (t) => {
  t.match(load(`${template}, tenants: [${tenant}]`), {
    discoveryUrl:
      'https://login.microsoftonline.com/organizations/v2.0/.well-known/openid-configuration',
    accessTokenIssuers: ['https://sts.windows.net/{tenantid}/'],
  })
})

const warningsOf = (provider: string, route: string) =>
  providerWarnings(loadText(fileOf(provider, route)))

t.test(
  'A1 E1 a provider is meant by each of its tenants, and by both forms of its issuer',
  async (t) => {
    const auth0 = load('issuer: https://acme.auth0.com')
    t.same(issuersOf(auth0), ['https://acme.auth0.com', 'https://acme.auth0.com/'])
    const other = 'another-tenant'
    t.same(
      issuersOf(load(`${template}, tenants: [${tenant}, ${other}]`)),
      [tenant, other].map((id) => `https://login.microsoftonline.com/${id}/v2.0`),
    )
    t.same(issuersOf(load('issuer: https://idp.example.com')), ['https://idp.example.com'])
  },
)

t.test('G4 a rule for groups at Google is warned of', async (t) => {
  const google = 'issuer: https://accounts.google.com'
  const nested = 'require: { any: [{ not: { groups: [staff] } }] }'
  for (const route of ['require: { groups: [staff] }', nested]) {
    t.match(warningsOf(google, route), [
      { path: 'providers[0]', message: /^Google sends no groups.*routes\[0\]\.require/ },
    ])
  }
  t.same(warningsOf(google, 'require: { emailDomains: [example.com] }'), [])
  t.same(warningsOf(`${google}, groupsClaim: roles`, 'require: { groups: [staff] }'), [])
  t.same(warningsOf('issuer: https://acme.okta.com', 'require: { groups: [staff] }'), [])
})
