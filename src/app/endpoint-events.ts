import type { Logger } from 'pino'
import type { EndpointEvents } from '../http/endpoint-context.js'
import type { Metrics } from '../telemetry/metrics.js'
import { createRevocations } from './revocations.js'
import type { Providers } from './providers.js'

/** Has logs and metrics tell of logins and their ends, and the provider revoke the tokens of a sign-out. */
export function recordEndpointEvents(options: {
  readonly providers: Providers
  readonly metrics: Metrics
  readonly logger: Logger
}): EndpointEvents {
  const { metrics } = options
  const revocations = createRevocations(options)

  return {
    onLogin(request, { providerId, code, live }) {
      metrics.login(code)
      if (live !== undefined) metrics.sessionCreated()
      const sub = live?.session.identity.sub
      request.log.info({ provider: providerId, code, session: live?.key, sub }, 'login')
    },
    onSignOut(request, { key, session: { identity } }, tokens) {
      metrics.sessionEnded('signed_out')
      request.log.info({ session: key, sub: identity.sub }, 'signed out')
      if (tokens !== undefined) revocations.revoke(key, identity, tokens)
    },
    onProviderLogout(request, { channel, issuer, sid, sub, ended }) {
      for (let each = 0; each < ended; each++) metrics.sessionEnded(`${channel}_logout`)
      request.log.info({ channel, issuer, sid, sub, ended }, 'logged out by the provider')
    },
    onSessionsEnded(request, { key, session }, ended) {
      for (let each = 0; each < ended; each++) metrics.sessionEnded('ended_by_person')
      request.log.info({ session: key, sub: session.identity.sub, ended }, 'other sessions ended')
    },
  }
}
