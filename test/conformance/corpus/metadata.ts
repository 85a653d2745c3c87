import { answerCases, type Case } from './case.js'
import { boundless, temporary, unreadable, unsuccessful } from './documents.js'

const path = '/.well-known/openid-configuration'
const endpoint = { title: 'discovery', path }

const members = (name: string, code: string, values: Record<string, unknown>): Case[] =>
  Object.entries(values).map(([title, value]) => ({
    name: `discovery: "${name}" is ${title}`,
    code,
    bend(provider) {
      provider.metadata[name] = typeof value === 'function' ? value(provider.issuer) : value
    },
  }))

const noUrl = {
  'a number': 7,
  'an object': {},
  'an empty text': '',
  'no URL': 'login',
  'a path': '/token',
  'a script': 'javascript:alert(1)',
  'a file': 'file:///etc/passwd',
  'plain http elsewhere': 'http://idp.example.com/token',
  'with a password': 'https://user:password@idp.example.com/',
  'with a fragment': (issuer: string) => `${issuer}/token#fragment`,
  'an address of the machine itself': 'https://localhost/',
  'an address of a neighbour': 'https://10.0.0.8/',
  'the address of cloud metadata': 'https://169.254.169.254/latest',
  'the right one in a list': (issuer: string) => [`${issuer}/token`],
}

/** Provider metadata that is wrong, missing, of another type or huge (Discovery 1.0 §3, §4.3). */
export const metadata: readonly Case[] = [
  ...members('issuer', 'ERR_PROVIDER_ISSUER', {
    missing: undefined,
    null: null,
    'an empty text': '',
    'a number': 7,
    'another issuer': 'https://attacker.example.com',
    'with a slash at its end': (issuer: string) => `${issuer}/`,
    'in capitals': (issuer: string) => issuer.toUpperCase(),
    'https for http': (issuer: string) => issuer.replace('http', 'https'),
    'that of a tenant': (issuer: string) => `${issuer}/{tenantid}/v2.0`,
    'the right one in a list': (issuer: string) => [issuer],
  }),
  ...['authorization_endpoint', 'token_endpoint', 'jwks_uri'].flatMap((name) =>
    members(name, 'ERR_PROVIDER_METADATA', { missing: undefined, null: null, ...noUrl }),
  ),
  ...['userinfo_endpoint', 'end_session_endpoint', 'revocation_endpoint'].flatMap((name) =>
    members(name, 'ERR_PROVIDER_METADATA', noUrl),
  ),
  ...members('id_token_signing_alg_values_supported', 'ERR_PROVIDER_METADATA', {
    'none alone': ['none'],
    'HS256 alone': ['HS256'],
    'an empty list': [],
    'unknown ones': ['XX', 7, null],
  }),
  ...answerCases(endpoint, unreadable, { code: 'ERR_PROVIDER_METADATA' }),
  ...answerCases(endpoint, unsuccessful, { code: 'ERR_PROVIDER_UNAVAILABLE' }),
  ...answerCases(endpoint, temporary, { code: 'ERR_PROVIDER_UNAVAILABLE' }),
  ...answerCases(endpoint, boundless, {
    code: 'ERR_PROVIDER_UNAVAILABLE',
    settings: { timeout: '1s' },
    isBoundless: true,
  }),
  {
    name: 'discovery: invalid UTF-8',
    code: 'ERR_PROVIDER_METADATA',
    bend(provider) {
      const json = JSON.stringify({ ...provider.metadata, service_documentation: '?' })
      provider.answers.set(path, { body: Buffer.from(json.replace('?', '\u00ff'), 'latin1') })
    },
  },
  {
    name: 'discovery: "issuer" twice, a wrong one last',
    code: 'ERR_PROVIDER_ISSUER',
    bend(provider) {
      const json = JSON.stringify(provider.metadata)
      const body = json.replace(/}$/, ',"issuer":"https://attacker.example.com"}')
      provider.answers.set(path, { body })
    },
  },
  {
    name: 'discovery: the right document as a text',
    bend(provider) {
      const body = JSON.stringify(provider.metadata)
      provider.answers.set(path, { headers: { 'content-type': 'text/plain' }, body })
    },
  },
]
