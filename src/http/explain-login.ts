import type { LoginBeginning } from './return-state.js'

/** Why a cookie may be missing: a code for the log, a sentence for people. */
export interface Cause {
  readonly code: string
  readonly text: string
}

/** What is known of the deployment. */
export interface CookieSetup {
  readonly publicUrl: URL
  readonly secure: boolean
  readonly domain: string | null
  readonly sameSite: 'lax' | 'strict' | 'none'
  readonly formPost: boolean
  readonly loginLifetimeMs: number
  /** Whether each process has its sessions for itself. */
  readonly inMemory: boolean
}

export interface LostLogin {
  readonly setup: CookieSetup
  readonly beginning: LoginBeginning
  readonly now: number
  readonly method: string
  readonly cookieHeader: string | undefined
  /** Whether the cookie did come, and was of no use. */
  readonly came: boolean
  readonly otherLogins: number
}

// Servers on the way commonly take 8192 octets of a header, and some browsers fewer cookies.
const largeHeaderOctets = 7168
// What the clocks of well-kept servers never differ by.
const clockToleranceMs = 30_000
const maxLogins = 4

/** Why a browser came back from the provider without the cookie that it was given. */
export function explainLostLogin(lost: LostLogin): Cause[] {
  const { setup, beginning, now, method, cookieHeader } = lost
  const tookMs = now - beginning.at
  if (tookMs >= setup.loginLifetimeMs) return [expired(tookMs)]
  const causes: Cause[] = []
  if (tookMs < -clockToleranceMs) causes.push(clock(-tookMs))
  if (lost.came) return [...causes, used]
  const { publicUrl } = setup
  const begunAt = hostnameOf(beginning.host)
  if (begunAt !== publicUrl.hostname && !shares(setup, begunAt)) {
    causes.push(otherHost(beginning.host, publicUrl.host))
  }
  if (setup.secure && beginning.scheme === 'http') causes.push(plainHttp(publicUrl))
  if (method === 'POST' && !setup.formPost) causes.push(unexpectedPost)
  if (lost.otherLogins >= maxLogins) causes.push(tooManyLogins)
  if (octetsOf(cookieHeader) > largeHeaderOctets) causes.push(tooLarge(octetsOf(cookieHeader)))
  if (causes.length > 0) return causes
  return [cookieHeader === undefined ? blocked : cleared]
}

export interface LoginLoop {
  readonly setup: CookieSetup
  readonly returnTo: string
  readonly beginning: LoginBeginning | undefined
  readonly cookieHeader: string | undefined
  /** What came of the session that the login before began. */
  readonly previous: 'not-sent' | 'withheld' | 'unknown' | 'live'
}

/** Why a browser signs in again and again, though it succeeds each time. */
export function explainLoop(loop: LoginLoop): Cause[] {
  const { setup, returnTo, beginning, cookieHeader, previous } = loop
  const { publicUrl } = setup
  const causes: Cause[] = []
  const target = new URL(returnTo, publicUrl)
  if (target.hostname !== publicUrl.hostname && !shares(setup, target.hostname)) {
    causes.push(returnElsewhere(target.host, publicUrl.host))
  }
  if (octetsOf(cookieHeader) > largeHeaderOctets) causes.push(tooLarge(octetsOf(cookieHeader)))
  if (setup.secure && beginning?.scheme === 'http') causes.push(plainHttp(publicUrl))
  if (previous === 'unknown') causes.push(forgotten)
  if (previous === 'not-sent' && setup.sameSite === 'none') causes.push(thirdParty)
  if (causes.length > 0) return causes
  if (previous === 'not-sent') return [refused]
  return setup.inMemory ? [inMemory, askedAgain] : [askedAgain]
}

const shares = ({ domain }: CookieSetup, hostname: string) =>
  domain !== null && (hostname === domain || hostname.endsWith(`.${domain}`))

const hostnameOf = (host: string) => host.replace(/:[0-9]*$/, '').toLowerCase()
const octetsOf = (header: string | undefined) => Buffer.byteLength(header ?? '')
const seconds = (ms: number) => Math.round(ms / 1000)

const expired = (tookMs: number): Cause => ({
  code: 'login_expired',
  text: `The sign-in took ${Math.floor(tookMs / 60_000)} minutes. Its cookie is kept for ten.`,
})
const clock = (aheadMs: number): Cause => ({
  code: 'clocks_differ',
  text: `The clocks of the servers differ by at least ${seconds(aheadMs)} seconds.`,
})
const used: Cause = {
  code: 'login_used',
  text: 'This sign-in was finished before, or the cookie is of another one.',
}
const otherHost = (begunAt: string, publicHost: string): Cause => ({
  code: 'begun_at_other_host',
  text: `The sign-in began at ${begunAt} and came back to ${publicHost}, the host of publicUrl. Browsers keep the cookie for the first alone. Open ${publicHost} instead, or have the proxies in front pass the host on.`,
})
const plainHttp = ({ origin }: URL): Cause => ({
  code: 'begun_over_http',
  text: `The sign-in began over http, where browsers keep no Secure cookie. Open ${origin} instead, and redirect http to https.`,
})
const unexpectedPost: Cause = {
  code: 'unexpected_form_post',
  text: 'The login service answered with a form of its own, with which browsers send no SameSite=Lax cookie. Set responseMode: form_post, or have it answer by redirect.',
}
const tooManyLogins: Cause = {
  code: 'too_many_logins',
  text: 'More than four sign-ins were begun at once in this browser; the oldest is forgotten.',
}
const tooLarge = (octets: number): Cause => ({
  code: 'cookies_too_large',
  text: `The cookies of this site take ${octets} bytes. Browsers and servers on the way drop what is more than they take; delete cookies of this site.`,
})
const blocked: Cause = {
  code: 'cookies_blocked',
  text: 'The browser sent no cookie at all. Cookies seem to be blocked for this site; allow them.',
}
const cleared: Cause = {
  code: 'cookie_cleared',
  text: 'Other cookies came, but not this one. It was deleted meanwhile, or the sign-in began in another browser.',
}
const refused: Cause = {
  code: 'session_cookie_refused',
  text: 'The browser or something on the way takes that cookie out: a proxy that drops or rewrites Set-Cookie, or an extension.',
}
const returnElsewhere = (target: string, publicHost: string): Cause => ({
  code: 'returns_to_other_host',
  text: `The session cookie is kept for ${publicHost} alone, but you return to ${target}. Set session.cookie.domain to a domain of both.`,
})
const forgotten: Cause = {
  code: 'session_unknown',
  text: 'The session cookie came back, but its session is unknown: the processes have each their own session store or session keys, or clocks that differ.',
}
const inMemory: Cause = {
  code: 'sessions_in_memory',
  text: 'With session.store: memory each process knows its own sessions alone. Use redis where there are several.',
}
const thirdParty: Cause = {
  code: 'third_party_cookie',
  text: 'The page may be framed by another site, for which browsers keep no cookies even with SameSite=None.',
}
const askedAgain: Cause = {
  code: 'asked_again',
  text: 'The session is there, but the application or a rule of its route asks for another sign-in.',
}
