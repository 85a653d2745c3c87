import * as fc from 'fast-check'
import t from 'tap'
import { stringify } from 'yaml'
import { ConfigError } from '../../src/config/config-error.js'
import { childOf } from '../../src/config/draft.js'
import { resolveSchema } from '../../src/config/resolve-schema.js'
import { configSchema } from '../../src/config/schema.js'
import {
  fullExample,
  fullExampleFiles,
  loadText,
  problemsOf,
  sessionKey,
} from '../helpers/config-fixtures.js'

const awkward = fc.oneof(
  fc.constantFrom<unknown>(
    '',
    '/',
    'https://x',
    '1h',
    'redis',
    '::1',
    -1,
    null,
    true,
    {},
    [],
    [[]],
  ),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty'),
  fc.jsonValue(),
)

/** Values that follow the schema here and leave it there, so that every check gets its turn. */
function almost(written: unknown, depth = 0): fc.Arbitrary<unknown> {
  // Rules hold rules; a few deep are enough.
  if (depth > 5) return awkward
  const schema = resolveSchema(written)
  const properties = Object.entries(childOf(schema, 'properties') ?? {})
  const items = childOf(schema, 'items')
  const choices = childOf(schema, 'enum')
  const known =
    properties.length > 0
      ? fc
          .tuple(
            fc.record(
              Object.fromEntries(
                properties.map(([key, setting]) => [key, almost(setting, depth + 1)]),
              ),
              { requiredKeys: [] },
            ),
            fc.oneof(
              { weight: 9, arbitrary: fc.constant({}) },
              { weight: 1, arbitrary: fc.dictionary(fc.string(), awkward, { maxKeys: 2 }) },
            ),
          )
          .map(([settings, others]): unknown => Object.assign({}, others, settings))
      : items !== undefined
        ? fc.array(almost(items, depth + 1), { maxLength: 3 })
        : Array.isArray(choices)
          ? fc.constantFrom<unknown>(...choices)
          : fc.constantFrom<unknown>(
              'x',
              '/x/',
              '30s',
              '0s',
              '99999999d',
              'https://a.example.com',
              0,
            )
  return fc.oneof({ weight: 12, arbitrary: known }, { weight: 1, arbitrary: awkward })
}

const awkwardEnvironment = fc.dictionary(
  fc.constantFrom(
    'VALETKEY_PUBLIC_URL',
    'VALETKEY_ISSUER',
    'VALETKEY_CLIENT_SECRET',
    'VALETKEY_UPSTREAM',
    'VALETKEY_REDIS_URL',
    'VALETKEY_SESSION_KEY_FILE',
  ),
  fc.oneof(fc.string(), fc.webUrl(), fc.constant('/run/secrets/session-keys')),
)

t.test('any value as configuration loads or is a ConfigError, and nothing else', async (t) => {
  const sources = fc.oneof(
    almost(configSchema).map((value) => JSON.stringify(value)),
    almost(configSchema).map((value) => stringify(value)),
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom(...'{}[]:,-?&*!|>\'"%@` \n\t#ab\\'.split('')), { maxLength: 40 })
      .map((characters) => characters.join('')),
  )
  fc.assert(
    fc.property(sources, awkwardEnvironment, (text, env) => {
      for (const problem of problemsOf(text, env, fullExampleFiles)) {
        if (problem.message === '' || problem.message.includes('undefined')) throw new Error(text)
      }
    }),
    { numRuns: 2000 },
  )
  t.equal(childOf(Object.prototype, 'polluted'), undefined)
})

t.test('deep nesting and many aliases are a ConfigError', async (t) => {
  const bomb = [
    'a: &a0 [x]',
    ...Array.from({ length: 30 }, (_, n) => `b${n}: &a${n + 1} [*a${n},*a${n}]`),
  ]
  for (const text of ['['.repeat(100_000), '{a: '.repeat(100_000), bomb.join('\n')]) {
    t.not(problemsOf(text).length, 0)
  }
})

t.test('a setting named __proto__ is unknown and changes nothing', async (t) => {
  const problems = problemsOf(`${fullExample}\n__proto__: { listen: evil }`, {}, fullExampleFiles)
  t.strictSame(
    problems.map((problem) => problem.path),
    ['__proto__'],
  )
  const claims = fullExample.replace('department: [it]', '__proto__: [it]')
  t.strictSame(
    problemsOf(claims, {}, fullExampleFiles).map((problem) => problem.path),
    ['routes[1].require.claims.__proto__'],
    'a rule is never dropped silently',
  )
})

const secret = 'Xk7_top_SECRET_9q'

t.test('no problem has a secret in it, wherever it was put by mistake', async (t) => {
  const places = [
    `publicUrl: https://user:${secret}@app.example.com`,
    `admin: { token: ${secret}, tokenFile: ${secret} }`,
    `admin: { token: 'x', token: ${secret} }`,
    `admin: { token:${secret} }`,
    `admin: { token: "\\${secret}" }`,
    `admin: { token: @${secret} }`,
    `admin: { token: *${secret} }`,
    `admin: { token: !${secret} }`,
    `admin: { token: [${secret}] }`,
    `admin: { tokn: ${secret} }`,
    `admin: { token: "${secret} }`,
    `admin: ${secret}`,
    `providers: [{ clientSecret: ${secret}, clientAuthentication: none }]`,
    `providers: [{ issuer: 'https://a:${secret}@idp.example.com', clientSecretFile: ${secret} }]`,
    `providers: [{ clientAuthentication: ${secret}, id: ${secret}, scopes: [${secret}, '${secret} x'] }]`,
    `session: { store: redis, redis: { url: 'http://:${secret}@redis' } }`,
    `session: { store: redis, redis: { url: 'redis://:${secret}@redis/x' } }`,
    `session: { store: redis, redis: 'redis://:${secret}@redis' }`,
    `session: { keys: [${secret}] }`,
    `session: { keys: ${secret}, keysFile: ${secret} }`,
    `session: { lifetime: ${secret} }`,
    `routes: [{ upstream: 'http://a:${secret}@b' }, { upstream: '${secret}' }]`,
    `|\n ${secret}`,
    `- ${secret}: |${secret}`,
  ]
  for (const place of places) {
    t.throws(() => loadText(place), ConfigError, place)
    const error = catchError(() => loadText(place))
    t.notMatch(error, secret, place)
  }
})

t.test('no problem has a secret from the environment or a file in it', async (t) => {
  const env = {
    VALETKEY_PUBLIC_URL: `http://a:${secret}@app.example.com`,
    VALETKEY_ISSUER: `http://a:${secret}@idp`,
    VALETKEY_CLIENT_SECRET_FILE: secret,
    VALETKEY_UPSTREAM: `x://a:${secret}@idp`,
    VALETKEY_REDIS_URL: `x://a:${secret}@idp`,
    VALETKEY_SESSION_KEY: secret,
    VALETKEY_LOG_LEVEL: secret,
  }
  t.notMatch(
    catchError(() => loadText('{}', env)),
    secret,
  )
  const files = {
    '/run/secrets/session-keys': `${secret}\n${sessionKey}x`,
    '/run/secrets/admin-token': `${secret} with spaces`,
  }
  const text = catchError(() => loadText(fullExample, {}, files))
  t.match(text, 'admin.tokenFile')
  t.match(text, 'session.keysFile')
  t.notMatch(text, secret)
  t.notMatch(text, sessionKey)
})

function catchError(load: () => unknown): string {
  try {
    load()
    return ''
  } catch (error) {
    return error instanceof ConfigError
      ? `${error.message}\n${error.stack}\n${JSON.stringify(error.problems)}`
      : String(error)
  }
}
