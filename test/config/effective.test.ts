import t from 'tap'
import { parse } from 'yaml'
import { printEffectiveConfig } from '../../src/config/effective.js'
import { createSessionKey } from '../../src/session/key-ring.js'
import { fullExample, fullExampleFiles, loadText } from '../helpers/config-fixtures.js'

t.test('durations are as people write them and defaults are filled in', async (t) => {
  const printed = printEffectiveConfig(loadText(fullExample, {}, fullExampleFiles))
  t.match(parse(printed), {
    publicUrl: 'https://app.example.com',
    session: { inactivityTimeout: '8h', lifetime: '1d', refreshAhead: '1m' },
    routes: [{ auth: 'public' }, { require: { maxAge: '1h', claims: { department: ['it'] } } }],
    log: { level: 'info' },
  })
  t.match(printed, /^publicUrl: .*\nlisten: .*\nbasePath: /, 'in the order of the reference page')
})

t.test('what is printed loads again as the same configuration', async (t) => {
  const config = loadText(fullExample, {}, fullExampleFiles)
  t.strictSame(loadText(printEffectiveConfig(config), {}, fullExampleFiles), config)
})

t.test('secrets from files are told by their file alone', async (t) => {
  const printed = printEffectiveConfig(loadText(fullExample, {}, fullExampleFiles))
  for (const secret of ['the client secret', 'admin-token-of-24-letters', 'A'.repeat(43)]) {
    t.notMatch(printed, secret)
  }
  t.match(printed, 'keysFile: /run/secrets/session-keys')
})

t.test('literal secrets and the password in the Redis URL are masked', async (t) => {
  const keys = [createSessionKey(), createSessionKey()]
  const config = loadText(
    fullExample.replace(/clientSecretFile: .*/, 'clientSecret: s3cret-client'),
    {
      VALETKEY_REDIS_URL: 'rediss://user:s3cret-redis@redis.example.com:6380/2',
      VALETKEY_SESSION_KEY: keys[0],
    },
    fullExampleFiles,
  )
  const printed = printEffectiveConfig({
    ...config,
    admin: { listen: config.admin.listen, token: 's3cret-admin-token' },
    session: { ...config.session, keys },
  })
  t.notMatch(printed, 's3cret')
  for (const key of keys) t.notMatch(printed, key)
  t.match(parse(printed), {
    admin: { token: '********' },
    providers: [{ clientSecret: '********' }],
    session: {
      keys: ['********', '********'],
      redis: { url: 'rediss://user:********@redis.example.com:6380/2' },
    },
  })
})

const printWith = (basicAuth: string) => {
  const text = fullExample.replace(
    'accessToken: bearer,',
    `accessToken: none, basicAuth: ${basicAuth},`,
  )
  const files = { ...fullExampleFiles, '/run/basic': 's3cret-basic' }
  return printEffectiveConfig(loadText(text, {}, files))
}

t.test('the password of Basic credentials is masked, or told by its file', async (t) => {
  for (const basicAuth of ['{ password: s3cret-basic }', '{ passwordFile: /run/basic }']) {
    t.notMatch(printWith(basicAuth), 's3cret-basic')
  }
  t.match(printWith('{ passwordFile: /run/basic }'), 'passwordFile: /run/basic')
  t.match(printWith('{ password: s3cret-basic }'), /basicAuth:\n +password: '\*{8}'/)
})
