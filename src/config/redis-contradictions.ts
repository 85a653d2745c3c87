import { hasQueryOrFragment, parseListenAddress } from './addresses.js'
import type { Finding, SettingPath } from './config-error.js'
import type { SessionDraft } from './draft.js'
import { timerFault } from './duration.js'

type RedisDraft = NonNullable<SessionDraft['redis']>

const at = (...path: SettingPath): SettingPath => ['session', 'redis', ...path]

/** What cannot be meant in `session.redis`. */
export function* redisContradictions(redis: RedisDraft): Generator<Finding> {
  yield* formContradictions(redis)
  yield* urlContradictions(redis)
  yield* addressContradictions(redis)
  yield* userContradictions(redis)
  yield* tlsContradictions(redis)
  const message = timerFault(redis.commandTimeout, { zero: 'refused' })
  if (message !== undefined) yield { path: at('commandTimeout'), message }
}

function* formContradictions(redis: RedisDraft): Generator<Finding> {
  const [form, other] = (['url', 'sentinel', 'cluster'] as const).filter(
    (name) => redis[name] !== undefined,
  )
  if (form === undefined) {
    yield {
      path: at('url'),
      message: 'is missing (or set VALETKEY_REDIS_URL); sentinel or cluster can stand in its place',
    }
  } else if (other !== undefined) {
    yield { path: at(other), message: `is set together with ${form}; Redis is in one place only` }
  }
  if (redis.cluster && redis.database !== undefined && redis.database !== 0) {
    yield { path: at('database'), message: 'must be 0, the only database of a cluster' }
  }
}

const databaseOf = (url: string) => /^rediss?:\/\/[^/]*\/([0-9]+)$/.exec(url)?.[1]

function* urlContradictions({ url, database }: RedisDraft): Generator<Finding> {
  if (url === undefined) return
  if (!isRedisUrl(url)) {
    yield {
      path: at('url'),
      message:
        'is no Redis URL; write redis://host:6379, rediss://user:password@host:6379/0 or unix:///run/redis.sock',
    }
  } else if (database !== undefined && databaseOf(url) !== undefined) {
    yield { path: at('database'), message: 'is set although url names one; keep one of them' }
  }
}

function isRedisUrl(text: string): boolean {
  if (/\s/.test(text) || hasQueryOrFragment(text) || !URL.canParse(text)) return false
  const { protocol, hostname, pathname, username, password } = new URL(text)
  if (!isDecodable(username) || !isDecodable(password) || !isDecodable(pathname)) return false
  if (protocol === 'unix:') return /^unix:\/\/\/[^/]/.test(text)
  return /^rediss?:\/\//.test(text) && hostname !== '' && /^(\/[0-9]*)?$/.test(pathname)
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

function* addressContradictions({ sentinel, cluster }: RedisDraft): Generator<Finding> {
  const lists = [
    { path: at('sentinel', 'nodes'), nodes: sentinel?.nodes },
    { path: at('cluster'), nodes: cluster },
  ]
  for (const { path, nodes } of lists) {
    for (const [index, node] of (nodes ?? []).entries()) {
      if (node === undefined || (parseListenAddress(node)?.port ?? 0) > 0) continue
      yield {
        path: [...path, index],
        message: 'is no address; write host:port, an IPv6 address in brackets: [fd00::1]:6379',
      }
    }
  }
}

function* userContradictions(redis: RedisDraft): Generator<Finding> {
  const { username, usernameFile, password, passwordFile, sentinel = {} } = redis
  const url = redis.url !== undefined && isRedisUrl(redis.url) ? new URL(redis.url) : undefined
  const literals = [
    { key: 'username', literal: username, file: usernameFile, inUrl: url?.username },
    { key: 'password', literal: password, file: passwordFile, inUrl: url?.password },
  ]
  for (const { key, literal, file, inUrl } of literals) {
    if (literal !== undefined && file !== undefined) {
      yield { path: at(`${key}File`), message: `is set together with ${key}; keep one of them` }
    } else if (inUrl && (literal ?? file) !== undefined) {
      const path = at(literal === undefined ? `${key}File` : key)
      yield { path, message: `is set although url has a ${key}; keep one of them` }
    }
  }
  if (sentinel.password !== undefined && sentinel.passwordFile !== undefined) {
    const path = at('sentinel', 'passwordFile')
    yield { path, message: 'is set together with password; keep one of them' }
  }
  if ((username ?? usernameFile) !== undefined && !(password ?? passwordFile ?? url?.password)) {
    yield { path: at('passwordFile'), message: needsPassword }
  }
  if (sentinel.username !== undefined && !(sentinel.password ?? sentinel.passwordFile)) {
    yield { path: at('sentinel', 'passwordFile'), message: needsPassword }
  }
}

const needsPassword = 'is missing: a user is known by a password'

function* tlsContradictions({ tls, url }: RedisDraft): Generator<Finding> {
  if (!tls) return
  if (url !== undefined && isRedisUrl(url) && !url.startsWith('rediss:')) {
    yield { path: at('tls'), message: 'is set although url is without TLS; write rediss://' }
  }
  const { certFile, keyFile } = tls
  if (certFile !== undefined && keyFile === undefined) {
    yield { path: at('tls', 'keyFile'), message: 'is missing: certFile needs its private key' }
  }
  if (keyFile !== undefined && certFile === undefined) {
    yield { path: at('tls', 'certFile'), message: 'is missing: keyFile needs its certificate' }
  }
}
