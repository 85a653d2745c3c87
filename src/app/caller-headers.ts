import type { Admission } from '../http/verdict.js'
import type { SessionHeaders } from '../identity/session-headers.js'
import type { RawHeaders } from '../raw-headers.js'

/** What an upstream is told about who makes an admitted request, as headers; none for strangers. */
export type CallerHeaders = (admission: Admission) => RawHeaders

export function createCallerHeaders(sessionHeaders: SessionHeaders): CallerHeaders {
  return function callerHeaders({ live, bearer, route, upstreamToken, now }) {
    const request = { forward: route.config.forward, upstreamToken, now }
    if (live !== undefined) return sessionHeaders(live.session, live.key, request)
    return bearer === undefined ? [] : sessionHeaders(bearer, bearer.key, request)
  }
}
