import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ListedSession, LiveSession } from '../../session/sessions.js'
import { type EndpointContext, formOf, isActivity, withHead } from '../endpoint-context.js'
import { findSession } from '../find-session.js'
import { loginPaths } from '../login-prompt.js'
import { initiatorOf, isNavigation } from '../navigation.js'
import { createOwnSessions } from '../own-sessions.js'
import { endField, sessionsPage, type ShownSession } from '../pages/sessions-page.js'
import { personOf } from '../person.js'

const shownAtMost = 100

/**
 * `GET /sessions` is the page on which people see where they are signed in; its forms end one of their
 * sessions, all others, or all. Nobody sees or ends a session of somebody else.
 */
export function registerSessions(scope: FastifyInstance, context: EndpointContext): void {
  const { publicUrl, paths, answers, providers, sessions, clock } = context
  const own = createOwnSessions(sessions)
  const loginPath = loginPaths(paths, providers.size > 1)

  function loadSession(request: FastifyRequest): Promise<LiveSession | undefined> {
    const extend = isActivity(request)
    return findSession(context, request.raw.headers.cookie, clock(), { extend })
  }

  function askToSignIn(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const returnTo = paths.sessions
    const path = loginPath({ returnTo })
    if (isNavigation(request.raw)) return answers.redirect(request, reply, 'LOGIN_REQUIRED', path)
    return answers.problem(request, reply, 'ERR_LOGIN_REQUIRED', {
      extras: { login_url: publicUrl.origin + path },
    })
  }

  scope.get(paths.sessions, withHead, async (request, reply) => {
    const live = await loadSession(request)
    if (live === undefined) return askToSignIn(request, reply)
    const listed = await own.list(live, shownAtMost)
    const page = sessionsPage({
      host: publicUrl.host,
      person: personOf(live.session.identity),
      sessions: listed.sessions
        .slice(0, shownAtMost)
        .map((each) => shownOf(each, each.key === live.key)),
      isIncomplete: listed.isIncomplete || listed.sessions.length > shownAtMost,
      sessionsPath: paths.sessions,
      signOutPath: paths.signOut,
      now: clock(),
    })
    return answers.page(reply, 'SESSIONS_PAGE', page)
  })

  scope.post(paths.sessions, async (request, reply) => {
    const initiator = initiatorOf(request.raw.headers, publicUrl.origin)
    if (initiator === 'cross-site' || initiator === 'same-site') {
      return answers.problem(request, reply, 'ERR_CROSS_SITE_REQUEST')
    }
    const live = await loadSession(request)
    if (live === undefined) return askToSignIn(request, reply)
    const [what, ...more] = formOf(request).getAll(endField)
    if (what === undefined || more.length > 0) {
      return answers.problem(request, reply, 'ERR_REQUEST')
    }
    const ended = await end(live, what)
    if (ended > 0) context.events.onSessionsEnded(request, live, ended)
    // The session in use ends as it always does, so that the provider hears of it, too.
    const isLeaving = what === 'all' || what === live.key
    const to = isLeaving ? paths.signOut : paths.sessions
    return answers.redirect(request, reply, 'SESSIONS_ENDED', to)
  })

  async function end(live: LiveSession, what: string): Promise<number> {
    if (what === 'others' || what === 'all') return own.endOthers(live)
    if (what === live.key) return 0
    return (await own.endOne(live, what)) ? 1 : 0
  }
}

function shownOf({ key, facts, lastActiveAt }: ListedSession, isCurrent: boolean): ShownSession {
  const { createdAt, userAgent = '', clientAddress = '' } = facts
  return { key, createdAt, lastActiveAt, userAgent, clientAddress, isCurrent }
}
