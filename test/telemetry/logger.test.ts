import { Writable } from 'node:stream'
import t from 'tap'
import { createLogger } from '../../src/telemetry/logger.js'

const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl'
const secret = 's3cr3t-value'

/** A logger whose lines are kept. */
function recordingLogger(level = 'debug') {
  const lines: string[] = []
  const logger = createLogger({ level, destination: { write: (line) => lines.push(line) } })
  return {
    logger,
    lines,
    last: (): Record<string, unknown> => JSON.parse(lines.at(-1) ?? 'null'),
  }
}

t.test('writes one JSON object a line, the level as a word', async (t) => {
  const { logger, last, lines } = recordingLogger()
  logger.info({ answer: 'proxied', durationMs: 3 }, 'request')
  t.match(last(), { level: 'info', answer: 'proxied', durationMs: 3, msg: 'request' })
  t.type(last()['time'], 'number')
  t.ok(lines[0]?.endsWith('\n'))
  logger.child({ reqId: 'r-1' }).warn('two %s', 'words')
  t.match(last(), { level: 'warn', reqId: 'r-1', msg: 'two words' })
})

t.test('OPS-4 members with the name of a secret lose their value, at any depth', async (t) => {
  const { logger, lines, last } = recordingLogger()
  const names = [
    'access_token accessToken refresh_token refreshToken id_token idToken idTokenHint code state nonce',
    'code_verifier codeVerifier client_secret clientSecret password cookie Cookie set-cookie setCookie',
    'authorization Authorization ticket secret headers rawHeaders body logout_token X-Forwarded-Access-Token',
  ]
    .join(' ')
    .split(' ')
  for (const name of names) {
    logger.info({ [name]: secret, nested: { deep: [{ [name]: { value: secret } }] } }, 'x')
  }
  t.equal(lines.length, names.length)
  for (const line of lines) t.notMatch(line, secret)
  logger.info({ code: 'ERR_STORE_UNAVAILABLE', state: 3, providerId: 'corp' }, 'x')
  t.match(last(), { code: 'ERR_STORE_UNAVAILABLE', state: 3, providerId: 'corp' })
  logger.info({ code: 'ok' }, 'login')
  t.match(last(), { code: 'ok' })
})

t.test('OPS-4 addresses lose query, fragment and userinfo', async (t) => {
  const { logger, last } = recordingLogger()
  logger.info(
    {
      url: `/oauth2/callback?code=${secret}&state=x&iss=y`,
      target: `https://app/x#access_token=${secret}`,
      at: new URL(`https://user:${secret}@host/p?q=${secret}`),
      req: { method: 'GET', originalUrl: `/cb?code=${secret}`, headers: { cookie: secret } },
      res: { statusCode: 302, headers: { location: secret } },
    },
    'x',
  )
  t.match(last(), {
    url: '/oauth2/callback',
    target: 'https://app/x',
    at: 'https://[redacted]@host/p',
    req: { method: 'GET', path: '/cb' },
    res: { statusCode: 302 },
  })
  t.notMatch(JSON.stringify(last()), secret)
})

t.test('OPS-4 texts lose whatever looks like a secret', async (t) => {
  const { logger, lines, last } = recordingLogger()
  const texts = [
    `token was ${token}`,
    `redis://default:${secret}@redis:6379 refused`,
    `redis://default:p@/${secret}@redis:6379/0 refused`,
    `Authorization: Bearer ${secret}`,
    `sent bearer ${secret}`,
    `GET /callback?code=${secret}&state=${secret}`,
    `{"refresh_token":"${secret}","access_token": "${secret}"}`,
    `grant_type=refresh_token&refresh_token=${secret}&client_secret=${secret}`,
    `Cookie: a=${secret}; b=${secret}`,
    `Set-Cookie: __Host-valetkey=${secret}; Path=/`,
    `cookie __Host-valetkey=1.${secret} was odd`,
    `__Secure-valetkey-login-AbC=${secret}`,
    `__Host-valetkey-form-AbC=1.${secret}`,
    `password=${secret}`,
    `code=e${secret}`,
  ]
  for (const text of texts) {
    logger.info(text)
    logger.info({ text, list: [text] }, text)
    logger.info({ err: new Error(text, { cause: new Error(text) }) })
    logger.error(new Error(text))
    logger.info('with %s and %o', text, { text })
  }
  for (const line of lines) {
    t.notMatch(line, secret)
    t.notMatch(line, 'eyJ')
  }
  logger.info('connect ECONNREFUSED 127.0.0.1:6379, code: ECONNREFUSED')
  t.equal(last()['msg'], 'connect ECONNREFUSED 127.0.0.1:6379, code: ECONNREFUSED')
})

t.test('OPS-4 errors of the libraries keep their code and lose what they carry', async (t) => {
  const { logger, last } = recordingLogger()
  const redisReply = Object.assign(new Error('READONLY You cannot write'), {
    name: 'ReplyError',
    command: { name: 'hset', args: [secret] },
  })
  const tokenResponse = Object.assign(new Error('server responded with an error'), {
    name: 'ResponseBodyError',
    code: 'OAUTH_RESPONSE_BODY_ERROR',
    error: 'invalid_grant',
    status: 400,
    error_description: secret,
    cause: { error: 'invalid_grant', refresh_token: secret },
    response: { headers: { 'set-cookie': secret } },
  })
  const undiciError = Object.assign(new Error('other side closed'), {
    code: 'UND_ERR_SOCKET',
    headers: { authorization: secret },
    socket: { remoteAddress: '10.0.0.1' },
    cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', port: 3000 }),
  })
  logger.error({ err: redisReply }, 'x')
  t.match(last()['err'], { type: 'ReplyError', message: 'READONLY You cannot write' })
  t.notMatch(JSON.stringify(last()), secret)
  logger.error({ err: tokenResponse }, 'x')
  t.match(last()['err'], { code: 'OAUTH_RESPONSE_BODY_ERROR', error: 'invalid_grant', status: 400 })
  t.notMatch(JSON.stringify(last()), secret)
  logger.error({ err: undiciError }, 'x')
  t.match(last()['err'], {
    code: 'UND_ERR_SOCKET',
    cause: { code: 'ECONNREFUSED', port: 3000 },
  })
  t.notMatch(JSON.stringify(last()), secret)
  logger.error(new AggregateError([redisReply, undiciError], 'all failed'))
  t.match(last(), {
    msg: 'all failed',
    err: { errors: [{ type: 'ReplyError' }, { code: 'UND_ERR_SOCKET' }] },
  })
  t.notMatch(JSON.stringify(last()), secret)
})

t.test('hostile values cost neither the line nor the process', async (t) => {
  const { logger, lines, last } = recordingLogger()
  const cycle: Record<string, unknown> = { name: 'cycle' }
  cycle['self'] = cycle
  const causing: Error & { cause?: unknown } = new Error('round')
  causing.cause = causing
  const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`m${at}`, [at, at]]))
  const hostile: unknown[] = [
    cycle,
    { cycle, list: [cycle, cycle] },
    {
      get broken(): string {
        throw new Error('getter')
      },
    },
    Object.defineProperty(new Error('x'), 'message', {
      get() {
        throw new Error('getter')
      },
    }),
    Object.assign(new Error('x'), { name: Symbol('s'), code: {}, stack: 7 }),
    causing,
    new Proxy(
      {},
      {
        ownKeys() {
          throw new Error('trap')
        },
        getPrototypeOf() {
          throw new Error('trap')
        },
      },
    ),
    { toJSON: () => ({ access_token: secret }), big: 10n, f() {}, s: Symbol('x'), n: Number.NaN },
    { buffer: Buffer.from(secret), bytes: new Uint8Array(9), map: new Map([[secret, secret]]) },
    { stream: new Writable(), date: new Date(5), no: null, missing: undefined },
    wide,
    { long: 'x'.repeat(1_000_000) },
    Object.create(null),
    null,
    undefined,
    7,
    [1, 2],
  ]
  for (const value of hostile) {
    const before = lines.length
    logger.info(value, 'told')
    t.equal(lines.length, before + 1)
    t.ok((lines.at(-1)?.length ?? Infinity) < 40_000, `${lines.at(-1)?.length} octets`)
    t.notMatch(lines.at(-1), secret)
    t.ok(last())
    logger.error({ err: value, nested: { value } }, 'told')
    t.notMatch(lines.at(-1), secret)
    t.match(last()['msg'], 'told')
  }
})

t.test('what is below the level costs no look at it', async (t) => {
  const { logger, lines } = recordingLogger('warn')
  logger.info({
    get expensive() {
      return t.fail('nobody reads this')
    },
  })
  t.equal(lines.length, 0)
  recordingLogger('silent').logger.fatal('x')
})
