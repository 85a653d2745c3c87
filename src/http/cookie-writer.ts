import type { CookieSerializeOptions } from '@fastify/cookie'
import type { FastifyReply } from 'fastify'
import type { CookieNames } from './cookies.js'

export interface CookieWriterOptions {
  readonly names: CookieNames
  readonly domain: string | null
  readonly sameSite: 'lax' | 'strict' | 'none'
  /** The session's lifetime; the cookie never outlives it. */
  readonly lifetimeMs: number
  /** Whether a provider answers by form_post, a cross-site POST that only `SameSite=None` survives. */
  readonly formPost: boolean
  /** Called with the name and size of a cookie that was not set because no user agent would keep it. */
  onOversized(name: string, octets: number): void
}

/** Sets and clears Valetkey's cookies; clearing repeats the attributes that they were set with. */
export interface CookieWriter {
  setTicket(reply: FastifyReply, value: string): void
  clearTicket(reply: FastifyReply): void
  /** Whether user agents keep a cookie of that name and value. */
  hasRoom(name: string, value: string): boolean
  setLogin(reply: FastifyReply, name: string, value: string): void
  clearLogin(reply: FastifyReply, name: string): void
  setTrail(reply: FastifyReply, value: string): void
  setProvider(reply: FastifyReply, value: string): void
  setForm(reply: FastifyReply, id: string, value: string): void
  clearForm(reply: FastifyReply, id: string): void
}

// RFC 6265bis §5.6: a user agent ignores a cookie whose name and value together are longer.
const maxCookieOctets = 4096
// RFC 6265bis §5.5: user agents cap the lifetime of a cookie at 400 days.
const maxCookieAgeSeconds = 400 * 24 * 3600
const loginCookieAgeSeconds = 600
const trailCookieAgeSeconds = 60
const providerCookieAgeSeconds = 180 * 24 * 3600

/** How long a pending login may take; its cookie and its sealed content both end then. */
export const pendingLoginLifetimeMs = loginCookieAgeSeconds * 1000

export function createCookieWriter(options: CookieWriterOptions): CookieWriter {
  const shared = {
    path: '/',
    httpOnly: true,
    ...(options.domain === null ? {} : { domain: options.domain }),
  }
  const ticketAttributes: CookieSerializeOptions = {
    ...shared,
    secure: options.names.secure || options.sameSite === 'none',
    sameSite: options.sameSite,
  }
  // Lax even where the session is Strict: the callback arrives by a navigation from the provider.
  const loginAttributes: CookieSerializeOptions = {
    ...shared,
    secure: options.names.secure || options.formPost,
    sameSite: options.formPost ? 'none' : 'lax',
  }
  const ticketAgeSeconds = Math.min(Math.floor(options.lifetimeMs / 1000), maxCookieAgeSeconds)

  function set(
    reply: FastifyReply,
    name: string,
    value: string,
    attributes: CookieSerializeOptions,
  ): void {
    if (hasRoom(name, value)) reply.setCookie(name, value, attributes)
    else options.onOversized(name, octetsOf(name, value))
  }

  /** By hand, since the gate has no cookie plugin: its hooks would cost every request that goes through. */
  function writeForm(reply: FastifyReply, id: string, value: string, ageSeconds: number) {
    const { secure, sameSite } = loginAttributes
    const line = [
      `${options.names.form(id)}=${value}`,
      `Max-Age=${ageSeconds}`,
      'Path=/',
      'HttpOnly',
      ...(secure ? ['Secure'] : []),
      `SameSite=${sameSite === 'none' ? 'None' : 'Lax'}`,
    ]
    reply.header('set-cookie', line.join('; '))
  }

  return {
    setTicket: (reply, value) =>
      set(reply, options.names.ticket, value, { ...ticketAttributes, maxAge: ticketAgeSeconds }),
    clearTicket(reply) {
      reply.clearCookie(options.names.ticket, ticketAttributes)
    },
    hasRoom,
    setLogin: (reply, name, value) =>
      set(reply, name, value, { ...loginAttributes, maxAge: loginCookieAgeSeconds }),
    clearLogin(reply, name) {
      reply.clearCookie(name, loginAttributes)
    },
    setTrail(reply, value) {
      set(reply, options.names.trail, value, { ...loginAttributes, maxAge: trailCookieAgeSeconds })
    },
    setProvider(reply, value) {
      const { secure } = options.names
      const attributes = {
        ...shared,
        secure,
        sameSite: 'lax',
        maxAge: providerCookieAgeSeconds,
      } as const
      set(reply, options.names.provider, value, attributes)
    },
    // As the login's, since both come back with the callback.
    setForm(reply, id, value) {
      writeForm(reply, id, value, loginCookieAgeSeconds)
    },
    clearForm(reply, id) {
      writeForm(reply, id, '', 0)
    },
  }
}

const octetsOf = (name: string, value: string) => Buffer.byteLength(name) + Buffer.byteLength(value)

const hasRoom = (name: string, value: string) => octetsOf(name, value) <= maxCookieOctets
