import { isTicket } from '../session/ticket.js'

/** A pending login's cookie as the browser sent it. */
export interface LoginCookie {
  readonly name: string
  /** What `formatLoginCookie` sealed in; the sealed content alone is to be trusted. */
  readonly sealed: string
  /** When the login began, in epoch milliseconds; for putting them in order only. */
  readonly createdAt: number
  /** Octets of name and value. */
  readonly octets: number
}

/** The names of Valetkey's cookies, and how to find them in a Cookie header. */
export interface CookieNames {
  /** The session cookie, which holds the ticket. */
  readonly ticket: string
  /** Whether the names demand `Secure`: `__Host-` and `__Secure-` do. */
  readonly secure: boolean
  /** The cookie that counts logins which follow upon each other. */
  readonly trail: string
  /** The cookie that remembers the provider of the last login. */
  readonly provider: string
  /** The cookie that opens a form which waits for a login. */
  form(id: string): string
  /** The forms that wait, by their ids. */
  listForms(cookieHeader: string | undefined): string[]
  /** The cookie of one pending login. */
  login(state: string): string
  /** Whether a cookie of this exact, case-sensitive name belongs to Valetkey. */
  isOwnCookie(name: string): boolean
  /**
   * The value of the session cookie, without looking at cookies of other names. Of several it is the first that has the
   * form of a ticket, or else the last: a sibling host can plant some, which browsers send first if their path is longer.
   */
  readTicketCookie(cookieHeader: string | undefined): string | undefined
  /** The values of session cookies that have the form of a ticket, in their order, each once and the first three at most. */
  listTickets(cookieHeader: string | undefined): string[]
  /** The value of the first cookie of that name. */
  readCookie(name: string, cookieHeader: string | undefined): string | undefined
  /** The pending logins that the browser holds, oldest first; malformed ones count as the oldest. */
  listLoginCookies(cookieHeader: string | undefined): LoginCookie[]
}

const stateOctetsInName = 16
/** Nothing else is set here, and what a neighbour plants may have a name that nobody can clear. */
const endsWithState = (name: string, prefix: string) =>
  /^[\w-]{1,16}$/.test(name.slice(prefix.length))

/**
 * Spells the cookie names (RFC 6265bis §4.1.3).
 *
 * User agents match the prefixes in any case, so a subdomain may plant `__host-valetkey`; only the
 * exact spelling, which a user agent keeps for this host alone, is a cookie of ours.
 */
export function createCookieNames(options: {
  publicUrl: string
  domain: string | null
}): CookieNames {
  const secure = new URL(options.publicUrl).protocol === 'https:'
  const prefix = secure ? (options.domain === null ? '__Host-' : '__Secure-') : ''
  const ticket = `${prefix}valetkey`
  const loginPrefix = `${ticket}-login-`
  const formPrefix = `${ticket}-form-`
  const trail = `${ticket}-trail`
  const provider = `${ticket}-provider`

  return {
    ticket,
    secure,
    trail,
    provider,
    form: (id) => formPrefix + id,
    listForms: (cookieHeader) =>
      cookiePairs(cookieHeader)
        .filter(({ name }) => name.startsWith(formPrefix))
        .map(({ name }) => name.slice(formPrefix.length)),
    login: (state) => loginPrefix + state.slice(0, stateOctetsInName),
    isOwnCookie: (name) =>
      name === ticket ||
      name === trail ||
      name === provider ||
      name.startsWith(loginPrefix) ||
      name.startsWith(formPrefix),
    readTicketCookie: (cookieHeader) =>
      cookieHeader === undefined ? undefined : findTicket(cookieHeader, ticket),
    listTickets: (cookieHeader) =>
      cookieHeader === undefined ? [] : findTickets(cookieHeader, ticket),
    readCookie: (name, cookieHeader) =>
      cookieHeader === undefined ? undefined : findCookie(cookieHeader, name),
    listLoginCookies: (cookieHeader) =>
      cookiePairs(cookieHeader)
        .filter(({ name }) => name.startsWith(loginPrefix) && endsWithState(name, loginPrefix))
        .map(({ name, value }) => parseLoginCookie(name, value))
        .toSorted((a, b) => a.createdAt - b.createdAt),
  }
}

/**
 * The value of a login cookie: when it began, readable, before what only the server can read.
 *
 * The instant stands outside so that the oldest can be dropped without opening them all. A browser
 * that forges it does no more than choose which of its own logins to forget.
 */
export function formatLoginCookie(createdAt: number, sealed: string): string {
  return `${createdAt.toString(36)}.${sealed}`
}

const maxPendingLogins = 4
const maxPendingOctets = 6144

/**
 * Which pending logins to drop before one more is set, oldest first, so that at most four stay and all
 * of them together leave room in the 8192 octets that servers commonly take as a Cookie header.
 */
export function loginCookiesToDrop(
  pending: readonly LoginCookie[],
  newOctets: number,
): LoginCookie[] {
  const stay = [...pending]
  const dropped: LoginCookie[] = []
  let octets = pending.reduce((sum, cookie) => sum + cookie.octets, newOctets)
  while (stay.length >= maxPendingLogins || octets > maxPendingOctets) {
    const oldest = stay.shift()
    if (oldest === undefined) break
    octets -= oldest.octets
    dropped.push(oldest)
  }
  return dropped
}

function parseLoginCookie(name: string, value: string): LoginCookie {
  const octets = Buffer.byteLength(name) + Buffer.byteLength(value)
  const match = /^([0-9a-z]{1,9})\.(.+)$/.exec(value)
  const createdAt = match?.[1] === undefined ? 0 : Number.parseInt(match[1], 36)
  return { name, sealed: match?.[2] ?? '', createdAt, octets }
}

function cookiePairs(cookieHeader: string | undefined): { name: string; value: string }[] {
  if (cookieHeader === undefined) return []
  return cookieHeader.split(';').flatMap((pair) => {
    const equals = pair.indexOf('=')
    if (equals === -1) return []
    return [{ name: pair.slice(0, equals).trim(), value: pair.slice(equals + 1).trim() }]
  })
}

/** The form of the only one is not looked at here: whoever reads the ticket does, and every request has one. */
function findTicket(header: string, name: string): string | undefined {
  let at = findPair(header, name, 0)
  if (at === -1) return undefined
  for (;;) {
    const next = findPair(header, name, at + 1)
    const value = valueAt(header, at + name.length)
    if (next === -1 || isTicket(value)) return value
    at = next
  }
}

/** Each may cost a command, which whoever plants them must not multiply at will. */
const maxTickets = 3

function findTickets(header: string, name: string): string[] {
  const found: string[] = []
  let at = findPair(header, name, 0)
  while (at !== -1 && found.length < maxTickets) {
    const value = valueAt(header, at + name.length)
    if (isTicket(value) && !found.includes(value)) found.push(value)
    at = findPair(header, name, at + 1)
  }
  return found
}

function findCookie(header: string, name: string): string | undefined {
  const at = findPair(header, name, 0)
  return at === -1 ? undefined : valueAt(header, at + name.length)
}

/** Where the next pair of that name begins; -1 when there is none. */
function findPair(header: string, name: string, from: number): number {
  let at = header.indexOf(name, from)
  while (at !== -1) {
    if (header.charCodeAt(at + name.length) === 0x3d && startsPair(header, at)) return at
    at = header.indexOf(name, at + 1)
  }
  return -1
}

function valueAt(header: string, equals: number): string {
  const semicolon = header.indexOf(';', equals)
  return header.slice(equals + 1, semicolon === -1 ? header.length : semicolon).trim()
}

function startsPair(header: string, at: number): boolean {
  let before = at - 1
  while (before >= 0 && isBlank(header.charCodeAt(before))) before -= 1
  return before < 0 || header.charCodeAt(before) === 0x3b
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}
