import { existsSync } from 'node:fs'
import { freePort } from '../../helpers/free-port.js'
import { startRedis } from '../../helpers/redis-server.js'
import { signIn } from '../../helpers/stack.js'
import { findProgram, makeFolder, printed, startProgram } from '../harness/programs.js'
import type { StartContender } from './contender.js'

const modules = '/usr/lib/apache2/modules'

/** Apache with mod_auth_openidc and its sessions in Redis: what many would use instead. */
export const startModAuthOpenidc: StartContender = async ({ owner, upstream, provider }) => {
  if (!findProgram('apache2')) return { missing: 'apache2' }
  if (!existsSync(`${modules}/mod_auth_openidc.so`)) {
    return { missing: 'libapache2-mod-auth-openidc' }
  }
  const redis = await startRedis()
  owner.teardown(() => redis.stop())
  const port = await freePort()
  const publicUrl = `http://localhost:${port}`
  provider.redirectUris.add(`${publicUrl}/oauth2/callback`)
  const load = 'mpm_event authz_core authz_user authn_core headers proxy proxy_http auth_openidc'
    .split(' ')
    .map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`)
    .join('\n')
  const folder = await makeFolder(owner, {})
  const files = await makeFolder(owner, {
    'apache2.conf': `
ServerRoot ${folder}
ServerName localhost
PidFile ${folder}/apache2.pid
DefaultRuntimeDir ${folder}
Mutex file:${folder}
ErrorLog ${folder}/error.log
User www-data
Group www-data
StartServers 2
ThreadsPerChild 32
MaxRequestWorkers 128
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 60
${load}
Listen 127.0.0.1:${port}
OIDCProviderMetadataURL ${provider.issuer}/.well-known/openid-configuration
OIDCClientID ${provider.clientId}
OIDCClientSecret ${JSON.stringify(provider.clientSecret)}
OIDCRedirectURI ${publicUrl}/oauth2/callback
OIDCCryptoPassphrase a-passphrase-of-the-benchmark
OIDCPKCEMethod S256
OIDCSessionType server-cache
OIDCCacheType redis
OIDCRedisCacheServer 127.0.0.1:${redis.port}
OIDCPassClaimsAs headers
OIDCRemoteUserClaim sub
<Location />
  AuthType openid-connect
  Require valid-user
</Location>
ProxyPass / http://127.0.0.1:${upstream.port}/ enablereuse=on
`,
  })
  await makeWritable(folder)
  const args = ['-DFOREGROUND', '-f', `${files}/apache2.conf`]
  const pid = await startProgram(owner, { command: 'apache2', args, port })
  const { client } = await signIn({ publicUrl }, 'alice')
  const apache = /Apache\/(\S+)/.exec(await printed('apache2', '-v'))?.[1] ?? 'unknown'
  const query = ['-W', '-f', '${Version}', 'libapache2-mod-auth-openidc']
  const module = (await printed('dpkg-query', ...query)).trim()
  const name = 'Apache + mod_auth_openidc, Redis'
  const headers = { Cookie: client.cookieFor(publicUrl) }
  return { name, version: `${module} on ${apache}`, url: publicUrl, headers, pid, redis }
}

/** Apache's children run as another user. */
async function makeWritable(folder: string): Promise<void> {
  await printed('chmod', '777', folder)
}
