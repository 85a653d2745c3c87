import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { answerHeaderName } from '../answer-header.js'
import { sendGrpcStatus } from './grpc.js'
import { prefersPage } from './navigation.js'
import { errorPage } from './pages/error-page.js'
import { sameAddress, type Action, type Page } from './pages/layout.js'
import { styleSource } from './pages/style.js'
import type { Paths } from './paths.js'
import {
  findProblem,
  problemCodeOf,
  problemDetails,
  retryAfterMsOf,
  type Problem,
} from './problem.js'

/** Names an answer of Valetkey's own that is no problem, for `X-Valetkey-Answer` and the metrics. */
export type AnswerName =
  | 'ACCESS_GRANTED'
  | 'LOGIN_REQUIRED'
  | 'STEP_UP_REQUIRED'
  | 'LOGIN_STARTED'
  | 'LOGIN_FINISHED'
  | 'FORM_KEPT'
  | 'FORM_RESUMED'
  | 'FORM_LOST'
  | 'CONTINUE_PAGE'
  | 'SIGN_IN_PAGE'
  | 'SIGN_IN_CONFIRM_PAGE'
  | 'SIGNED_IN_ALREADY'
  | 'SIGN_OUT_PAGE'
  | 'SIGN_OUT_STARTED'
  | 'SIGNED_OUT'
  | 'USERINFO'
  | 'SESSION'
  | 'SESSIONS_PAGE'
  | 'SESSIONS_ENDED'
  | 'JWKS'
  | 'CLIENT_JWKS'
  | 'LOGGED_OUT'
  | 'LOGOUT_REFUSED'
  | 'LOGOUT_THROTTLED'
  | 'LOGOUT_UNAVAILABLE'
  | 'OPTIONS'

export interface ProblemOptions {
  /** Further members of the problem details, which programs read; they are public. */
  readonly extras?: Readonly<Record<string, unknown> & { login_url?: string }>
  readonly headers?: Readonly<Record<string, string>>
  readonly retryAfterMs?: number | undefined
  /** What `WWW-Authenticate` says besides the realm. */
  readonly challenge?: Readonly<Record<string, string>> | undefined
  /** What the page offers instead of what fits the code in general. */
  readonly actions?: readonly Action[]
  /** A page of its own for people, instead of the general one. */
  readonly page?: Page
}

export interface JsonOptions {
  readonly contentType?: string
  readonly cacheControl?: string
}

/** Answers a request by way of the framework. */
export type Answer = (
  request: FastifyRequest,
  reply: FastifyReply,
) => FastifyReply | Promise<FastifyReply>

/** Has the framework answer a request that it has not seen so far; nothing was sent to the client. */
export type AnswerWith = (
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
) => void

/** Makes every answer that does not come from an upstream. */
export interface Answers {
  /** A page for people, problem details (RFC 9457) for programs. */
  problem(
    request: FastifyRequest,
    reply: FastifyReply,
    code: string,
    options?: ProblemOptions,
  ): FastifyReply
  /** Logs what was thrown with all its reasons, and answers with the general one. */
  error(
    request: FastifyRequest,
    reply: FastifyReply,
    error: unknown,
    options?: ProblemOptions,
  ): FastifyReply
  page(reply: FastifyReply, name: AnswerName, page: Page): FastifyReply
  /** A bare HTML document, for a frame. */
  document(
    reply: FastifyReply,
    name: AnswerName,
    document: { readonly contentSecurityPolicy: string; readonly markup: string },
  ): FastifyReply
  json(reply: FastifyReply, name: AnswerName, body: unknown, options?: JsonOptions): FastifyReply
  /** An answer that says all in its status and headers. */
  empty(reply: FastifyReply, name: AnswerName, status: number): FastifyReply
  /** 302, or 303 so that a POST is not repeated at the new address. */
  redirect(request: FastifyRequest, reply: FastifyReply, name: AnswerName, to: string): FastifyReply
}

const jsonType = 'application/json; charset=utf-8'
const defaultRetryAfterMs = 2000

export function createAnswers(options: {
  readonly publicUrl: string
  readonly paths: Paths
  /** Headers that let the page behind a request read a problem; none by default. */
  readonly sharingHeaders?: (request: FastifyRequest) => Readonly<Record<string, string>>
}): Answers {
  const { origin, host } = new URL(options.publicUrl)
  const loginUrl = origin + options.paths.start

  function problem(
    request: FastifyRequest,
    reply: FastifyReply,
    code: string,
    details: ProblemOptions = {},
  ): FastifyReply {
    const found = findProblem(code)
    markAnswer(reply, found.code)
      .code(found.status)
      .headers({ ...options.sharingHeaders?.(request), ...details.headers })
    if (found.status === 503 || details.retryAfterMs !== undefined) {
      reply.header('retry-after', retryAfterSeconds(details.retryAfterMs ?? defaultRetryAfterMs))
    }
    // RFC 9110 §15.5.2: a 401 names a scheme. This one makes no user agent ask for a password.
    if (found.status === 401 || details.challenge !== undefined) {
      reply.header('www-authenticate', bearerChallenge(host, details.challenge))
    }

    if (request.isGrpcCall) return sendGrpcStatus(reply, found)
    if (prefersPage(request)) {
      const actions = details.actions ?? generalActions(found, request, details)
      return sendPage(
        reply,
        details.page ?? errorPage({ host, problem: found, requestId: request.id, actions }),
      )
    }
    const offersLogin = found.status === 401 && details.challenge === undefined
    const extras = offersLogin ? { login_url: loginUrl, ...details.extras } : details.extras
    return reply
      .type('application/problem+json')
      .send(JSON.stringify(problemDetails(found, request.id, extras ?? {})))
  }

  function generalActions(
    found: Problem,
    request: FastifyRequest,
    { extras }: ProblemOptions,
  ): Action[] {
    const where = extras?.login_url ?? options.paths.signIn
    const signIn = { label: 'Sign in', href: where }
    return found.ways.flatMap((way): Action[] => {
      if (way === 'sign-in') return [signIn]
      if (way === 'home') return [{ label: 'Go to the start page', href: '/' }]
      // A callback cannot be repeated; its code is spent.
      if (isCallback(request)) return [signIn]
      return isRepeatable(request) ? [{ label: 'Try again', href: sameAddress }] : []
    })
  }

  function isCallback(request: FastifyRequest): boolean {
    const path = request.originalUrl.split('?', 1)[0] ?? ''
    return `${path}/`.startsWith(`${options.paths.callback}/`)
  }

  return {
    problem,
    error(request, reply, error, details) {
      const code = problemCodeOf(error)
      request.log[logLevel(findProblem(code).status)]({ err: error, code }, 'request failed')
      return problem(request, reply, code, { retryAfterMs: retryAfterMsOf(error), ...details })
    },
    page: (reply, name, page) => sendPage(markAnswer(reply, name), page),
    document: (reply, name, { contentSecurityPolicy, markup }) =>
      markAnswer(reply, name)
        .header('content-security-policy', contentSecurityPolicy)
        .type('text/html; charset=utf-8')
        .send(markup),
    json: (reply, name, body, { contentType = jsonType, cacheControl = 'no-store' } = {}) =>
      markAnswer(reply, name)
        .header('cache-control', cacheControl)
        .type(contentType)
        .send(JSON.stringify(body)),
    empty: (reply, name, status) => markAnswer(reply, name).code(status).send(),
    redirect(request, reply, name, to) {
      return markAnswer(reply, name).redirect(to, isRepeatable(request) ? 302 : 303)
    },
  }
}

/** Whether the request may be made once more; the answer to HEAD has the length of that to GET. */
const isRepeatable = ({ method }: FastifyRequest): boolean => method === 'GET' || method === 'HEAD'

/** What every answer of ours carries: its name, and that nobody may keep, guess or pass it on. */
export const answerHeaders = (name: string) => ({
  [answerHeaderName]: name,
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
})

function markAnswer(reply: FastifyReply, name: string): FastifyReply {
  return reply.headers(answerHeaders(name))
}

function sendPage(reply: FastifyReply, page: Page): FastifyReply {
  // Chromium holds the redirects that follow a form to form-action, too, and signing out goes on to the
  // provider and wherever that sends people: so a page with a form can only rule out other schemes.
  const formAction = page.hasForm ? '*' : "'none'"
  // With no-referrer a form would be sent with `Origin: null` (Fetch, "serializing a request origin"),
  // which is how a foreign site looks. The path may be that of a callback, with its code.
  if (page.hasForm) reply.header('referrer-policy', 'strict-origin')
  const scripts = page.scriptSource === undefined ? '' : `script-src ${page.scriptSource}; `
  return reply
    .header(
      'content-security-policy',
      `default-src 'none'; ${scripts}style-src ${styleSource}; form-action ${formAction}; base-uri 'none'; frame-ancestors 'none'`,
    )
    .type('text/html; charset=utf-8')
    .send(page.markup)
}

/** The challenge of RFC 6750 §3; no value holds a quote or a backslash. */
function bearerChallenge(realm: string, parameters: ProblemOptions['challenge']): string {
  const pairs = Object.entries({ realm, ...parameters })
  return `Bearer ${pairs.map(([name, value]) => `${name}="${value}"`).join(', ')}`
}

/** Our own faults are errors; what others do to us is worth a look; what a client does is not. */
function logLevel(status: number): 'error' | 'warn' | 'info' {
  if (status === 500) return 'error'
  return status > 500 ? 'warn' : 'info'
}

function retryAfterSeconds(retryAfterMs: number): string {
  return String(Math.max(1, Math.ceil(retryAfterMs / 1000)))
}
