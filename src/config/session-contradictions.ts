import { isHostName, parseHttpUrl } from './addresses.js'
import type { Finding } from './config-error.js'
import type { Draft, SessionDraft } from './draft.js'
import { parseDurationMs } from './duration.js'
import { redisContradictions } from './redis-contradictions.js'
import { isSessionKey } from './session-key.js'

/** What cannot be meant in `session`. */
export function* sessionContradictions({ session, publicUrl }: Draft): Generator<Finding> {
  if (!session) return
  yield* storeContradictions(session)
  yield* keyContradictions(session)
  yield* lifetimeContradictions(session)
  yield* cookieContradictions(session, parseHttpUrl(publicUrl ?? ''))
}

function* storeContradictions({ store, redis }: SessionDraft): Generator<Finding> {
  if (store === 'redis' && !redis) {
    yield {
      path: ['session', 'redis', 'url'],
      message: 'is missing (or set VALETKEY_REDIS_URL): the redis store needs an address',
      assumes: [['session', 'redis']],
    }
  }
  if (store === 'memory' && redis) {
    yield {
      path: ['session', 'store'],
      message:
        'is memory although session.redis is set; write store: redis or remove session.redis',
    }
  }
  if (redis) yield* redisContradictions(redis)
}

function* keyContradictions({ store, keys, keysFile }: SessionDraft): Generator<Finding> {
  const hasKeys = keysFile !== undefined || (keys !== undefined && keys.length > 0)
  if (store === 'redis' && !hasKeys) {
    yield {
      path: ['session', 'keysFile'],
      message:
        'is missing (or set VALETKEY_SESSION_KEY): the redis store needs a key that all replicas share; `valetkey keygen` makes one',
      assumes: [['session', 'keys']],
    }
  }
  if (keysFile !== undefined) return
  for (const [index, key] of (keys ?? []).entries()) {
    if (key === undefined || isSessionKey(key)) continue
    yield {
      path: ['session', 'keys', index],
      message: 'must be 32 bytes in base64url, 43 characters; `valetkey keygen` makes one',
    }
  }
}

function* lifetimeContradictions({
  inactivityTimeout,
  lifetime,
}: SessionDraft): Generator<Finding> {
  if (inactivityTimeout === undefined || lifetime === undefined) return
  if (parseDurationMs(lifetime) === 0) {
    yield { path: ['session', 'lifetime'], message: 'must be longer than zero' }
  } else if (parseDurationMs(inactivityTimeout) === 0) {
    yield { path: ['session', 'inactivityTimeout'], message: 'must be longer than zero' }
  } else if (parseDurationMs(inactivityTimeout) > parseDurationMs(lifetime)) {
    yield {
      path: ['session', 'inactivityTimeout'],
      message: `is longer than the lifetime (${lifetime}) and would never end a session; make it at most that`,
    }
  }
}

function* cookieContradictions(
  { cookie }: SessionDraft,
  publicUrl: URL | undefined,
): Generator<Finding> {
  if (cookie?.sameSite === 'none' && publicUrl?.protocol === 'http:') {
    yield {
      path: ['session', 'cookie', 'sameSite'],
      message: 'is none, which browsers accept over https only; use lax or an https publicUrl',
    }
  }
  const domain = cookie?.domain
  if (typeof domain !== 'string') return
  const path = ['session', 'cookie', 'domain']
  const host = publicUrl?.hostname
  if (!isHostName(domain) || !domain.includes('.')) {
    yield {
      path,
      message:
        'is no domain that hosts can share; write a name of two labels or more, without a leading dot: example.com',
    }
  } else if (host !== undefined && !`.${host}`.endsWith(`.${domain.toLowerCase()}`)) {
    yield {
      path,
      message: `does not contain ${host}, the host of publicUrl; browsers would drop the cookie`,
    }
  }
}
