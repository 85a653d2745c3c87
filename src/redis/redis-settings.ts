/** Where Redis is and how to be let in: one of `url`, `sentinel` and `cluster`. */
export interface RedisSettings {
  /** redis://, rediss:// or unix:///path/to/socket; may carry user, password and database. */
  readonly url?: string | undefined
  readonly sentinel?: SentinelSettings | undefined
  /** Some of the nodes, as host:port; they tell of the others. */
  readonly cluster?: readonly string[] | undefined
  readonly database?: number | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** Files are read at each connection, so that what they hold may be exchanged. */
  readonly usernameFile?: string | undefined
  readonly passwordFile?: string | undefined
  /** TLS to servers and Sentinels alike. */
  readonly tls?: TlsSettings | undefined
}

export interface SentinelSettings {
  /** What the Sentinels call the primary. */
  readonly name: string
  /** The Sentinels, as host:port. */
  readonly nodes: readonly string[]
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly passwordFile?: string | undefined
}

export interface TlsSettings {
  /** The authorities that are trusted instead of the system's. */
  readonly caFile?: string | undefined
  readonly certFile?: string | undefined
  readonly keyFile?: string | undefined
  /** The name in the servers' certificates, where it is not the one they are reached by. */
  readonly serverName?: string | undefined
}

export interface RedisAddress {
  readonly host: string
  readonly port: number
}

/** Reads `host:port` or `[ipv6]:port`; throws, since the configuration was checked. */
export function readAddress(text: string): RedisAddress {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):([0-9]+)$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  if (host === undefined) throw new TypeError('a Redis address without host and port')
  return { host, port: Number(match?.[3]) }
}
