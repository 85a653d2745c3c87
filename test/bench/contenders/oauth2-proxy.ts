import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { freePort } from '../../helpers/free-port.js'
import { startRedis } from '../../helpers/redis-server.js'
import { signIn } from '../../helpers/stack.js'
import { findProgram, startProgram } from '../harness/programs.js'
import type { StartContender } from './contender.js'

/** oauth2-proxy with its sessions in Redis, where its binary is on the PATH. */
export const startOauth2Proxy: StartContender = async ({ owner, upstream, provider }) => {
  const command = findProgram('oauth2-proxy')
  if (!command) return { missing: 'oauth2-proxy' }
  const redis = await startRedis()
  owner.teardown(() => redis.stop())
  const port = await freePort()
  const publicUrl = `http://localhost:${port}`
  provider.redirectUris.add(`${publicUrl}/oauth2/callback`)
  const options = {
    'http-address': `127.0.0.1:${port}`,
    provider: 'oidc',
    'oidc-issuer-url': provider.issuer,
    'client-id': provider.clientId,
    'client-secret': provider.clientSecret,
    'redirect-url': `${publicUrl}/oauth2/callback`,
    upstream: `${upstream.url}/`,
    'cookie-secret': randomBytes(32).toString('base64url'),
    'cookie-secure': 'false',
    'email-domain': '*',
    'insecure-oidc-allow-unverified-email': 'true',
    'code-challenge-method': 'S256',
    'skip-provider-button': 'true',
    'session-store-type': 'redis',
    'redis-connection-url': redis.url,
    'pass-access-token': 'true',
    'request-logging': 'false',
    'auth-logging': 'false',
    'standard-logging': 'false',
  }
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`)
  const pid = await startProgram(owner, { command, args, port })
  const { client } = await signIn({ publicUrl }, 'alice')
  const version = await versionOf(command)
  const headers = { Cookie: client.cookieFor(publicUrl) }
  return { name: 'oauth2-proxy, Redis', version, url: publicUrl, headers, pid, redis }
}

/** As the Go compiler wrote it into the program, which itself knows its version in releases alone. */
async function versionOf(file: string): Promise<string> {
  const program = await readFile(file, 'latin1')
  return /\tgithub\.com\/oauth2-proxy\/oauth2-proxy\/v7\tv([\d.]+)/.exec(program)?.[1] ?? 'unknown'
}
