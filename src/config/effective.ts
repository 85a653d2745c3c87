import { Value } from 'typebox/value'
import { stringify } from 'yaml'
import { childOf } from './draft.js'
import { resolveSchema } from './resolve-schema.js'
import { configSchema, type Config } from './schema.js'

const mask = '********'

/**
 * The configuration in force as YAML: every default filled in, durations as people write them, in
 * the order of the reference page. Client secrets, session keys, the admin token and the passwords of
 * Redis and of Basic credentials are masked.
 */
export function printEffectiveConfig(config: Config): string {
  const { admin, providers, session, routes } = config
  const shown = {
    ...config,
    admin: { ...admin, token: masked(admin.token, admin.tokenFile) },
    providers: providers.map((provider) =>
      Object.assign({}, provider, {
        clientSecret: masked(provider.clientSecret, provider.clientSecretFile),
      }),
    ),
    session: {
      ...session,
      keys: session.keysFile === undefined ? session.keys?.map(() => mask) : undefined,
      redis: session.redis && maskRedis(session.redis),
    },
    routes: routes.map(maskRoute),
  }
  const written = inSchemaOrder(configSchema, Value.Encode(configSchema, shown))
  return stringify(written, { singleQuote: true })
}

/** A secret that came from a file is not told at all: the file is. */
function masked(secret: string | undefined, file: string | undefined): string | undefined {
  return secret === undefined || file !== undefined ? undefined : mask
}

function maskRoute(route: Config['routes'][number]) {
  const { basicAuth } = route.forward
  if (basicAuth === undefined) return route
  const password = masked(basicAuth.password, basicAuth.passwordFile)
  return { ...route, forward: { ...route.forward, basicAuth: { ...basicAuth, password } } }
}

function maskRedis(redis: NonNullable<Config['session']['redis']>) {
  const { url, password, sentinel } = redis
  return {
    ...redis,
    url: url === undefined ? undefined : maskPassword(url),
    password: masked(password, undefined),
    sentinel: sentinel && { ...sentinel, password: masked(sentinel.password, undefined) },
  }
}

function maskPassword(redisUrl: string): string {
  const url = new URL(redisUrl)
  if (url.password !== '') url.password = mask
  return url.href
}

function inSchemaOrder(written: unknown, value: unknown): unknown {
  const schema = resolveSchema(written)
  if (Array.isArray(value)) {
    return value.map((item) => inSchemaOrder(childOf(schema, 'items'), item))
  }
  const properties = childOf(schema, 'properties')
  if (typeof properties !== 'object' || properties === null) return value
  if (value === undefined) return undefined
  const entries = Object.entries(properties).map(
    ([key, property]) => [key, inSchemaOrder(property, childOf(value, key))] as const,
  )
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined))
}
