import { ConfigError, type ConfigProblem } from '../../src/config/config-error.js'
import { loadConfig } from '../../src/config/load.js'
import type { Config } from '../../src/config/schema.js'
import { createSessionKey } from '../../src/session/key-ring.js'

export interface Files {
  readonly [path: string]: string
}

/** Loads YAML text, with secret files from memory and only the given environment. */
export function loadText(yaml: string, env: NodeJS.ProcessEnv = {}, files: Files = {}): Config {
  return loadConfig({ file: '/etc/valetkey.yaml', env, readFile: readFrom(yaml, files) })
}

/** The problems of a configuration, none if it loads. Any other exception passes on. */
export function problemsOf(
  yaml: string,
  env: NodeJS.ProcessEnv = {},
  files: Files = {},
): readonly ConfigProblem[] {
  try {
    loadText(yaml, env, files)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

function readFrom(yaml: string, files: Files): (path: string) => string {
  return (path) => {
    const text = path === '/etc/valetkey.yaml' ? yaml : files[path]
    if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
    return text
  }
}

export const sessionKey = createSessionKey()

/** The example of the design, in which every section appears. */
export const fullExample = `
publicUrl: https://app.example.com
listen: 0.0.0.0:4180
basePath: /oauth2
trustedProxies: []
admin: { listen: 127.0.0.1:44180, tokenFile: /run/secrets/admin-token }
providers:
  - id: corp
    name: Corporate login
    issuer: https://idp.example.com/realms/main
    clientId: app
    clientSecretFile: /run/secrets/client-secret
    clientAuthentication: client_secret_basic
    scopes: [openid, profile, email]
session:
  store: redis
  redis: { url: redis://localhost:6379, keyPrefix: 'valetkey:' }
  keysFile: /run/secrets/session-keys
  inactivityTimeout: 8h
  lifetime: 24h
  staleOnStoreError: 30s
  cookie: { domain: null, sameSite: lax }
routes:
  - match: { host: app.example.com, path: /public/, methods: [GET, HEAD] }
    auth: public
    upstream: http://127.0.0.1:3000
  - match: { path: / }
    require: { groups: [staff], emailDomains: [example.com], claims: { department: [it] }, acr: [mfa], maxAge: 1h }
    upstream: http://127.0.0.1:3000
    forward: { accessToken: bearer, identityHeaders: true, assertion: { audience: https://app.example.com } }
`

export const fullExampleFiles: Files = {
  '/run/secrets/admin-token': 'admin-token-of-24-letters\n',
  '/run/secrets/client-secret': 'the client secret\n',
  '/run/secrets/session-keys': `# the new one first\n${sessionKey}\n\n${'A'.repeat(43)}\n`,
}
