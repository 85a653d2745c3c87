import t from 'tap'
import { CodedError } from '../../src/errors.js'
import { StoreUnavailableError } from '../../src/session/session-store.js'
import { findProblem, problemCodeOf, problemCodes, problemDetails } from '../../src/http/problem.js'

t.test('every code has what people and programs need', async (t) => {
  for (const code of problemCodes) {
    const problem = findProblem(code)
    t.equal(problem.code, code)
    t.ok(problem.status >= 400 && problem.status <= 599, code)
    t.ok(problem.title && problem.explanation && problem.advice, code)
    t.ok(problem.ways.length > 0, `${code} offers a way forward`)
  }
})

t.test('an exact reason is answered by the general one', async (t) => {
  const answered: [string, string, number][] = [
    ['ERR_ID_TOKEN_NONCE', 'ERR_ID_TOKEN', 400],
    ['ERR_CALLBACK_STATE_MISMATCH', 'ERR_CALLBACK_STATE', 400],
    ['ERR_CALLBACK_WHATEVER', 'ERR_CALLBACK', 400],
    ['ERR_REQUEST_TARGET_AMBIGUOUS', 'ERR_REQUEST', 400],
    ['ERR_UPSTREAM_REFUSED', 'ERR_UPSTREAM', 502],
    ['ERR_UPSTREAM_TIMEOUT', 'ERR_UPSTREAM_TIMEOUT', 504],
    ['ERR_STORE_UNAVAILABLE', 'ERR_STORE_UNAVAILABLE', 503],
    ['ERR_PROVIDER_UNAVAILABLE', 'ERR_PROVIDER_UNAVAILABLE', 503],
  ]
  for (const [code, general, status] of answered) {
    t.match(findProblem(code), { code: general, status }, code)
  }
})

t.test('a code that nobody foresaw is an internal error', async (t) => {
  for (const code of [
    'ERR_FOO',
    'ERR_HTTP_HEADERS_SENT',
    'ERR',
    '',
    '_',
    '__proto__',
    'toString',
  ]) {
    t.match(findProblem(code), { code: 'ERR_INTERNAL', status: 500 }, code)
  }
})

t.test('codes of thrown things', async (t) => {
  t.equal(problemCodeOf(new StoreUnavailableError('x')), 'ERR_STORE_UNAVAILABLE')
  t.equal(problemCodeOf(new CodedError('ERR_ID_TOKEN_NONCE', 'x')), 'ERR_ID_TOKEN_NONCE')
  t.equal(problemCodeOf(failed(413)), 'ERR_REQUEST_TOO_LARGE')
  t.equal(problemCodeOf(failed(415)), 'ERR_REQUEST_MEDIA_TYPE')
  t.equal(problemCodeOf(failed(408)), 'ERR_REQUEST_TIMEOUT')
  t.equal(problemCodeOf(failed(400)), 'ERR_REQUEST')
  t.equal(problemCodeOf(failed('400')), 'ERR_INTERNAL')
  t.equal(problemCodeOf(failed(200)), 'ERR_INTERNAL')
  t.equal(
    problemCodeOf(Object.assign(new Error('x'), { code: 'ERR_LOGIN_REQUIRED' })),
    'ERR_INTERNAL',
  )
  t.equal(problemCodeOf('thrown text'), 'ERR_INTERNAL')
  t.equal(problemCodeOf(undefined), 'ERR_INTERNAL')
})

t.test('extensions add to the problem details and overwrite nothing', async (t) => {
  const details = problemDetails(findProblem('ERR_LOGIN_REQUIRED'), 'r-1', {
    status: 200,
    code: 'x',
    login_url: '/start',
  })
  t.same(details, {
    login_url: '/start',
    type: 'about:blank',
    title: 'Unauthorized',
    status: 401,
    detail: findProblem('ERR_LOGIN_REQUIRED').explanation,
    code: 'ERR_LOGIN_REQUIRED',
    request_id: 'r-1',
  })
})

function failed(statusCode: unknown): Error {
  return Object.assign(new Error('x'), { statusCode })
}
