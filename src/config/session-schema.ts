import { Type } from 'typebox'
import { redisSchema } from './redis-schema.js'
import { duration, filled, text } from './schema-parts.js'

export const sessionSchema = Type.Object(
  {
    store: Type.Enum(['memory', 'redis'], {
      default: 'memory',
      description: '`memory` is for one process and forgets at a restart.',
    }),
    redis: Type.Optional(redisSchema),
    keys: Type.Optional(
      Type.Array(Type.String(), { description: 'Session keys; better kept in keysFile.' }),
    ),
    keysFile: Type.Optional(
      text(
        'One base64url 32-byte key a line; the first seals, all open. `valetkey keygen` makes one.',
      ),
    ),
    inactivityTimeout: duration({
      default: '8h',
      description:
        'A session ends after so long without a request. By default no longer than `lifetime`.',
    }),
    lifetime: duration({
      default: '24h',
      description: 'A session ends so long after the login in any case.',
    }),
    refreshAhead: duration({
      default: '60s',
      description:
        'At most so long before its expiry an access token is refreshed; short-lived ones later.',
    }),
    staleOnStoreError: duration({
      default: '30s',
      description: 'How long a cached session is honoured while Redis cannot be reached.',
    }),
    cacheBytes: Type.Integer({
      default: 64 * 1024 * 1024,
      minimum: 0,
      description: 'The bound of the session cache in bytes.',
    }),
    cookie: Type.Object(
      {
        domain: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
          default: null,
          description: 'Share the session with the hosts of this domain.',
        }),
        sameSite: Type.Enum(['lax', 'strict', 'none'], {
          default: 'lax',
          description: 'The SameSite attribute of the session cookie.',
        }),
      },
      filled,
    ),
  },
  filled,
)
