import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import type { RedisSettings, TlsSettings } from './redis-settings.js'

/** What a connection must show to be let in, as it is now. */
export interface RedisSecrets {
  readonly username: string | undefined
  readonly password: string | undefined
  readonly sentinelUsername: string | undefined
  readonly sentinelPassword: string | undefined
  /** `undefined` for connections without TLS. */
  readonly tls: ConnectionOptions | undefined
}

/**
 * Makes the reader of the secrets and certificates that the settings name. It reads their files each
 * time, since those are exchanged while the process runs. A file that cannot be read just now counts as
 * it was last read. Never throws.
 */
export function createSecretReader(settings: RedisSettings): () => RedisSecrets {
  const lastRead = new Map<string, Buffer>()
  const url = settings.url === undefined ? undefined : new URL(settings.url)
  const hasTls = settings.tls !== undefined || url?.protocol === 'rediss:'

  function read(file: string | undefined): Buffer | undefined {
    if (file === undefined) return undefined
    try {
      lastRead.set(file, readFileSync(file))
    } catch {
      // Files are replaced by removing and writing as often as by renaming.
    }
    return lastRead.get(file)
  }

  const readLine = (file: string | undefined) =>
    read(file)
      ?.toString()
      .replace(/\r?\n$/, '')

  const readTls = ({ caFile, certFile, keyFile, serverName }: TlsSettings): ConnectionOptions => ({
    ca: read(caFile),
    cert: read(certFile),
    key: read(keyFile),
    ...(serverName !== undefined && { servername: serverName }),
  })

  return () => ({
    username: readLine(settings.usernameFile) ?? settings.username ?? userInfo(url?.username),
    password: readLine(settings.passwordFile) ?? settings.password ?? userInfo(url?.password),
    sentinelUsername: settings.sentinel?.username,
    sentinelPassword: readLine(settings.sentinel?.passwordFile) ?? settings.sentinel?.password,
    tls: hasTls ? readTls(settings.tls ?? {}) : undefined,
  })
}

function userInfo(encoded: string | undefined): string | undefined {
  return encoded ? decodeURIComponent(encoded) : undefined
}
