import { STATUS_CODES } from 'node:http'
import { CodedError } from '../errors.js'
import { accessProblems } from './problems/access-problems.js'
import { bearerProblems } from './problems/bearer-problems.js'
import type { ProblemRow } from './problems/problem-row.js'
import { requestProblems } from './problems/request-problems.js'
import { signInProblems } from './problems/sign-in-problems.js'
import { upstreamProblems } from './problems/upstream-problems.js'

/**
 * Every answer that is not a success, by code. A code without a row of its own is answered by the
 * nearest row that it extends: `ERR_ID_TOKEN_NONCE` by `ERR_ID_TOKEN`. So the exact reason stays in the
 * log, and the wire gets the general one.
 */
const rows = {
  ...accessProblems,
  ...bearerProblems,
  ...requestProblems,
  ...signInProblems,
  ...upstreamProblems,
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

/** How long whoever failed asked to be left alone. */
export function retryAfterMsOf(error: unknown): number | undefined {
  const ms = error instanceof CodedError && 'retryAfterMs' in error ? error.retryAfterMs : undefined
  return typeof ms === 'number' ? ms : undefined
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
