import { STATUS_CODES } from 'node:http'
import { CodedError } from '../errors.js'
import { bearerProblems } from './bearer-problems.js'
import type { ProblemRow } from './problem-row.js'

const signInFailed = {
  status: 400,
  title: 'Sign-in was not completed',
  explanation: 'The answer of the login service could not be accepted, so nobody was signed in.',
  advice: 'Please start the sign-in again. If it keeps failing, tell your administrator.',
  ways: ['sign-in', 'home'],
} as const

const loginServiceFailed = {
  status: 502,
  title: 'The login service answered wrongly',
  explanation: 'The login service sent an answer that could not be used.',
  advice: 'Please try again. If it keeps failing, tell your administrator.',
  ways: ['sign-in', 'home'],
} as const

const applicationFailed = {
  status: 502,
  title: 'The application is not answering',
  explanation: 'You reached the entrance, but the application behind it gave no usable answer.',
  advice: 'It may be restarting. Please try again in a moment.',
  ways: ['retry'],
} as const

const unavailable = { status: 503, ways: ['retry'] } as const

/**
 * Every answer that is not a success, by code. A code without a row of its own is answered by the
 * nearest row that it extends: `ERR_ID_TOKEN_NONCE` by `ERR_ID_TOKEN`. So the exact reason stays in the
 * log, and the wire gets the general one.
 */
const rows = {
  ERR_LOGIN_REQUIRED: {
    status: 401,
    title: 'Please sign in',
    explanation: 'This needs you to be signed in, and you are not, or no longer.',
    advice: 'Sign in to go on.',
    ways: ['sign-in'],
  },
  ERR_STEP_UP_REQUIRED: {
    status: 401,
    title: 'Please confirm that it is you',
    explanation: 'This needs a sign-in that is stronger or more recent than yours.',
    advice: 'Sign in once more to go on.',
    ways: ['sign-in'],
  },
  ERR_STEP_UP_FAILED: {
    status: 403,
    title: 'Your sign-in is not enough for this',
    explanation:
      'This needs a sign-in that is stronger or more recent, and the login service did not give one.',
    advice: 'Try once more. If it keeps failing, tell your administrator.',
    ways: ['home'],
  },
  ERR_ACCESS_DENIED: {
    status: 403,
    title: 'You do not have access',
    explanation: 'You are signed in, but your account may not open this.',
    advice: 'Ask for access, or use another account.',
    ways: ['home'],
  },
  ...bearerProblems,
  ERR_CROSS_SITE_REQUEST: {
    status: 403,
    title: 'This request came from another site',
    explanation: 'Another website made your browser send this request, so it was not carried out.',
    advice: 'If you meant to do this, open the application and do it there.',
    ways: ['home'],
  },
  ERR_ROUTE_NOT_FOUND: {
    status: 404,
    title: 'There is nothing here',
    explanation: 'No page has this address.',
    advice: 'Check the address for a typing error, or go to the start page.',
    ways: ['home'],
  },
  ERR_METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'That cannot be done here',
    explanation: 'This address does not take this kind of request.',
    advice: 'Go to the start page and try from there.',
    ways: ['home'],
  },
  ERR_ORIGINAL_REQUEST: {
    status: 403,
    title: 'The request could not be judged',
    explanation: 'It cannot be told for certain what was asked for, so it was not let through.',
    advice:
      'Check the address, or go to the start page. If it keeps failing, tell your administrator.',
    ways: ['home'],
  },
  ERR_ORIGINAL_REQUEST_MISSING: {
    status: 400,
    title: 'The request could not be judged',
    explanation: 'The entrance to this application is not set up to ask about requests.',
    advice: 'Please tell your administrator the request id below.',
    ways: ['home'],
  },
  ERR_REQUEST: {
    status: 400,
    title: 'The request could not be understood',
    explanation: 'The request is malformed, or may be read in more than one way.',
    advice: 'Check the address, or go to the start page.',
    ways: ['home'],
  },
  ERR_REQUEST_EXPECTATION: {
    status: 417,
    title: 'The request expects too much',
    explanation: 'The request asks for something, in its Expect header, that is not known here.',
    advice: 'Send the request without it.',
    ways: ['home'],
  },
  ERR_REQUEST_HEADERS_TOO_LARGE: {
    status: 431,
    title: 'The request is too large',
    explanation: 'The address, the cookies and the other headers are more than is taken here.',
    advice: 'Delete the cookies of this site and try again.',
    ways: ['retry', 'home'],
  },
  ERR_REQUEST_TIMEOUT: {
    status: 408,
    title: 'The request took too long',
    explanation: 'The request did not arrive in full in time.',
    advice: 'Check your connection and try again.',
    ways: ['retry'],
  },
  ERR_REQUEST_TOO_LARGE: {
    status: 413,
    title: 'The request is too large',
    explanation: 'More was sent than is taken here.',
    advice: 'Send less at once.',
    ways: ['home'],
  },
  ERR_REQUEST_MEDIA_TYPE: {
    status: 415,
    title: 'The request has an unknown format',
    explanation: 'What was sent is not in a format that is taken here.',
    advice: 'Go to the start page and try from there.',
    ways: ['home'],
  },
  ERR_CALLBACK: signInFailed,
  ERR_CALLBACK_DENIED: {
    status: 403,
    title: 'Sign-in was declined',
    explanation: 'The login service reports that the sign-in was cancelled or not permitted.',
    advice: 'You can try again, perhaps with another account.',
    ways: ['sign-in', 'home'],
  },
  ERR_CALLBACK_EXPIRED: {
    status: 400,
    title: 'This sign-in has expired',
    explanation: 'The sign-in took longer than ten minutes, or was completed in another tab.',
    advice: 'Please start again; it usually takes only a moment.',
    ways: ['sign-in', 'home'],
  },
  ERR_CALLBACK_LOOP: {
    status: 400,
    title: 'You are asked to sign in again and again',
    explanation: 'Signing in succeeded several times in a row, but did not last.',
    advice: 'Going on would repeat it. Tell your administrator what stands here.',
    ways: ['home'],
  },
  ERR_CALLBACK_STATE: {
    status: 400,
    title: 'This sign-in cannot be continued',
    explanation:
      'This browser has no sign-in under way that fits. It may have been completed already, started in another browser, or cookies may be blocked.',
    advice: 'Please start again from here. If it happens again, allow cookies for this site.',
    ways: ['sign-in', 'home'],
  },
  ERR_ID_TOKEN: signInFailed,
  ERR_ACCESS_TOKEN: signInFailed,
  ERR_LOGIN: signInFailed,
  ERR_TOKEN: loginServiceFailed,
  ERR_USERINFO: loginServiceFailed,
  ERR_PROVIDER: loginServiceFailed,
  ERR_PROVIDER_UNKNOWN: {
    status: 404,
    title: 'There is no such login service',
    explanation: 'The address names a login service that is not set up here.',
    advice: 'Choose how to sign in from the list.',
    ways: ['sign-in', 'home'],
  },
  ERR_PROVIDER_UNAVAILABLE: {
    ...unavailable,
    title: 'The login service cannot be reached',
    explanation:
      'Signing in is not possible right now. People already signed in can go on working.',
    advice: 'Please try again in a moment.',
  },
  ERR_REFRESH_UNAVAILABLE: {
    ...unavailable,
    title: 'Your session cannot be renewed right now',
    explanation: 'The login service is not answering. You are still signed in; nothing is lost.',
    advice: 'Please try again in a moment.',
  },
  ERR_STORE_UNAVAILABLE: {
    ...unavailable,
    title: 'Sessions cannot be checked right now',
    explanation: 'The session store is not answering. You are still signed in; nothing is lost.',
    advice: 'Please try again in a moment.',
  },
  ERR_UPSTREAM: applicationFailed,
  ERR_UPSTREAM_LOOP: {
    status: 508,
    title: 'The request goes round in circles',
    explanation: 'The request has been here before: the application sends it back to its entrance.',
    advice: 'Tell your administrator.',
    ways: ['home'],
  },
  ERR_UPSTREAM_METHOD: {
    status: 405,
    title: 'That cannot be done here',
    explanation: 'Requests of this kind are not passed on.',
    advice: 'Go to the start page and try from there.',
    ways: ['home'],
  },
  ERR_UPSTREAM_TIMEOUT: {
    status: 504,
    title: 'The application took too long',
    explanation: 'The application behind this entrance did not answer in time.',
    advice: 'Please try again. If it keeps happening, tell your administrator.',
    ways: ['retry'],
  },
  ERR_INTERNAL: {
    status: 500,
    title: 'Something went wrong',
    explanation: 'An unexpected error happened on our side.',
    advice:
      'Please try again. If it keeps happening, tell your administrator the request id below.',
    ways: ['retry', 'home'],
  },
} as const satisfies Record<string, ProblemRow>

/** A code that may be seen outside. */
export type ProblemCode = keyof typeof rows

export interface Problem extends ProblemRow {
  readonly code: ProblemCode
}

export const problemCodes = Object.keys(rows).filter(isProblemCode)

/** What the outside gets to know of a code; of one that nobody foresaw, that it is an internal error. */
export function findProblem(code: string): Problem {
  for (
    let known = code;
    known !== '';
    known = known.slice(0, Math.max(known.lastIndexOf('_'), 0))
  ) {
    if (isProblemCode(known)) return { code: known, ...rows[known] }
  }
  return { code: 'ERR_INTERNAL', ...rows.ERR_INTERNAL }
}

/** The code of whatever was thrown: our own errors name theirs, the server's are told by status. */
export function problemCodeOf(error: unknown): string {
  if (error instanceof CodedError) return error.code
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
  if (status === 408) return 'ERR_REQUEST_TIMEOUT'
  if (status === 413) return 'ERR_REQUEST_TOO_LARGE'
  if (status === 415) return 'ERR_REQUEST_MEDIA_TYPE'
  if (typeof status === 'number' && status >= 400 && status < 500) return 'ERR_REQUEST'
  return 'ERR_INTERNAL'
}

/** The problem details object (RFC 9457). Extensions never overwrite its own members. */
export function problemDetails(
  problem: Problem,
  requestId: string,
  extensions: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const members = {
    // RFC 9457 §4.2.1: about:blank says no more than the status does; `code` says the rest.
    type: 'about:blank',
    title: STATUS_CODES[problem.status] ?? problem.title,
    status: problem.status,
    detail: problem.explanation,
    code: problem.code,
    request_id: requestId,
  }
  return { ...members, ...extensions, ...members }
}

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(rows, code)
}
