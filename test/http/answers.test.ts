import { once } from 'node:events'
import { connect } from 'node:net'
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import t, { type Test } from 'tap'
import { CodedError } from '../../src/errors.js'
import { createAnswers, type Answers } from '../../src/http/answers.js'
import { createPaths } from '../../src/http/paths.js'
import { problemCodes, findProblem } from '../../src/http/problem.js'
import { createLogger } from '../../src/telemetry/logger.js'

const publicUrl = 'https://app.example.com'
const browser = {
  'sec-fetch-site': 'none',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
}

interface Setup {
  app: FastifyInstance
  answers: Answers
  log: string[]
}

function start(t: Test): Setup {
  const log: string[] = []
  const logger: FastifyBaseLogger = createLogger({
    level: 'info',
    destination: { write: (line: string) => log.push(line) },
  })
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => 'request-1',
  })
  t.teardown(() => app.close())
  const answers = createAnswers({ publicUrl, paths: createPaths('/oauth2') })
  app.all<{ Params: { code: string } }>('/problem/:code', (request, reply) =>
    answers.problem(request, reply, request.params.code),
  )
  return { app, answers, log }
}

t.test('people get a page and programs get problem details, with the same code', async (t) => {
  const { app } = start(t)
  for (const code of problemCodes) {
    const { status, explanation, title } = findProblem(code)
    const page = await app.inject({ url: `/problem/${code}`, headers: browser })
    t.equal(page.statusCode, status)
    t.equal(page.headers['content-type'], 'text/html; charset=utf-8')
    t.match(page.body, title)
    t.match(page.body, 'request-1')
    const details = await app.inject({ url: `/problem/${code}` })
    t.equal(details.statusCode, status)
    t.match(details.headers['content-type'], /^application\/problem\+json/)
    t.match(details.json(), {
      type: 'about:blank',
      status,
      code,
      detail: explanation,
      request_id: 'request-1',
    })
    for (const answer of [page, details]) t.equal(answer.headers['x-valetkey-answer'], code)
  }
})

t.test('BCP-10 every answer is kept by nobody and tells nobody where it was', async (t) => {
  const { app, answers } = start(t)
  app.get('/json', (_request, reply) => answers.json(reply, 'USERINFO', { sub: 'alice' }))
  app.get('/go', (request, reply) => answers.redirect(request, reply, 'LOGIN_STARTED', '/x'))
  for (const url of ['/json', '/go', '/problem/ERR_INTERNAL']) {
    const { headers } = await app.inject({ url, headers: browser })
    t.equal(headers['cache-control'], 'no-store', url)
    t.equal(headers['x-content-type-options'], 'nosniff', url)
    t.equal(headers['referrer-policy'], 'no-referrer', url)
    t.ok(headers['x-valetkey-answer'], url)
  }
})

t.test(
  'pages forbid scripts, foreign content, framing and inline styles but their own',
  async (t) => {
    const { app } = start(t)
    const { headers } = await app.inject({ url: '/problem/ERR_INTERNAL', headers: browser })
    const policy = String(headers['content-security-policy'])
    t.match(
      policy,
      /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; form-action 'none'; base-uri 'none'; frame-ancestors 'none'$/,
    )
    t.notMatch(policy, 'unsafe')
  },
)

t.test('a page with a form may lead on to the provider and keeps its origin', async (t) => {
  const { app, answers } = start(t)
  const page = { markup: '<form></form>', hasForm: true }
  app.get('/form', (_request, reply) => answers.page(reply, 'SIGN_OUT_PAGE', page))
  const { headers } = await app.inject('/form')
  t.match(headers['content-security-policy'], 'form-action *;')
  t.equal(headers['referrer-policy'], 'strict-origin')
})

t.test('401 names a scheme and where to sign in, and sets no cookie', async (t) => {
  const { app } = start(t)
  const answer = await app.inject('/problem/ERR_LOGIN_REQUIRED')
  t.equal(answer.headers['www-authenticate'], 'Bearer realm="app.example.com"')
  t.equal(answer.json().login_url, 'https://app.example.com/oauth2/start')
  t.notOk(answer.headers['set-cookie'])
})

t.test('a page leads to where the program is told to sign in', async (t) => {
  const { app, answers } = start(t)
  const login_url = 'https://app.example.com/oauth2/start?rd=%2Freports'
  app.post('/form', (request, reply) =>
    answers.problem(request, reply, 'ERR_LOGIN_REQUIRED', { extras: { login_url } }),
  )
  const page = await app.inject({ method: 'POST', url: '/form', headers: browser })
  t.match(page.body, `href="${login_url}"`)
  const details = await app.inject({ method: 'POST', url: '/form' })
  t.equal(details.json().login_url, login_url)
})

t.test('503 always says when to come back', async (t) => {
  const { app, answers } = start(t)
  app.get('/later', (request, reply) =>
    answers.problem(request, reply, 'ERR_STORE_UNAVAILABLE', { retryAfterMs: 1200 }),
  )
  app.get('/now', (request, reply) =>
    answers.problem(request, reply, 'ERR_STORE_UNAVAILABLE', { retryAfterMs: 0 }),
  )
  t.equal((await app.inject('/later')).headers['retry-after'], '2')
  t.equal((await app.inject('/now')).headers['retry-after'], '1')
  for (const code of problemCodes.filter((each) => findProblem(each).status === 503)) {
    t.ok((await app.inject(`/problem/${code}`)).headers['retry-after'], code)
  }
  t.notOk((await app.inject('/problem/ERR_INTERNAL')).headers['retry-after'])
})

t.test('nothing of the inside is in an answer, all of it is in the log', async (t) => {
  const { app, log } = start(t)
  app.setErrorHandler((error, request, reply) =>
    createAnswers({ publicUrl, paths: createPaths('/oauth2') }).error(request, reply, error),
  )
  app.get('/coded', () => {
    throw new CodedError('ERR_ID_TOKEN_NONCE', 'nonce differs at idp.internal', {
      cause: new Error('inner detail'),
    })
  })
  app.get('/thrown', () => {
    throw new Error('10.0.0.1 refused')
  })
  for (const headers of [browser, {}]) {
    const coded = await app.inject({ url: '/coded', headers })
    t.equal(coded.statusCode, 400)
    t.equal(coded.headers['x-valetkey-answer'], 'ERR_ID_TOKEN')
    t.notMatch(withoutStyle(coded.body), /nonce|internal|inner|stack| at /i)
    const thrown = await app.inject({ url: '/thrown', headers })
    t.equal(thrown.statusCode, 500)
    t.notMatch(withoutStyle(thrown.body), /10\.0\.0\.1|refused|node:/)
  }
  const lines = log.map((line) => JSON.parse(line))
  t.match(lines[0], {
    level: 'info',
    reqId: 'request-1',
    code: 'ERR_ID_TOKEN_NONCE',
    err: { message: 'nonce differs at idp.internal', cause: { message: 'inner detail' } },
  })
  t.match(lines[1], { level: 'error', code: 'ERR_INTERNAL', err: { message: '10.0.0.1 refused' } })
})

t.test(
  'trying again is offered for what can be repeated, never for a spent callback',
  async (t) => {
    const { app, answers } = start(t)
    app.all('/oauth2/callback', (request, reply) =>
      answers.problem(request, reply, 'ERR_PROVIDER_UNAVAILABLE'),
    )
    const again = 'href="">Try again'
    const page = async (method: 'GET' | 'POST', url: string) =>
      (await app.inject({ method, url, headers: browser })).body
    t.match(await page('GET', '/problem/ERR_UPSTREAM'), again)
    t.notMatch(await page('POST', '/problem/ERR_UPSTREAM'), again)
    const sizeOf = async (method: 'GET' | 'HEAD') =>
      (await app.inject({ method, url: '/problem/ERR_UPSTREAM', headers: browser })).headers[
        'content-length'
      ]
    t.equal(await sizeOf('HEAD'), await sizeOf('GET'))
    const callback = await page('GET', '/oauth2/callback?code=spent-code&state=known-state')
    t.notMatch(callback, again)
    t.match(callback, 'href="/oauth2/sign_in"')
    t.notMatch(callback, /spent-code|known-state/)
  },
)

t.test('a POST is not repeated where a redirect leads', async (t) => {
  const { app, answers } = start(t)
  app.all('/go', (request, reply) => answers.redirect(request, reply, 'LOGIN_FINISHED', '/x'))
  t.equal((await app.inject({ method: 'GET', url: '/go' })).statusCode, 302)
  t.equal((await app.inject({ method: 'HEAD', url: '/go' })).statusCode, 302)
  t.equal((await app.inject({ method: 'POST', url: '/go' })).statusCode, 303)
})

t.test('BODY-4 the answer to HEAD is that to GET without its body', async (t) => {
  const { app } = start(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const address = app.server.address()
  if (address === null || typeof address === 'string') throw new Error('no address')
  const socket = connect(address.port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  const pieces: Buffer[] = []
  socket.on('data', (piece) => pieces.push(piece))
  socket.write('HEAD /problem/ERR_INTERNAL HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  await once(socket, 'close')
  const raw = Buffer.concat(pieces).toString()
  t.match(raw, /^HTTP\/1\.1 500 /)
  t.match(raw, /content-length: [1-9]/i)
  t.ok(raw.endsWith('\r\n\r\n'))
})

function withoutStyle(markup: string): string {
  return markup.replace(/<style>[^]*<\/style>/, '')
}
