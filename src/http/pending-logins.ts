import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { dpopKeyShape } from '../session/dpop-key.js'
import type { KeyRing } from '../session/key-ring.js'
import { openFromCookie, sealForCookie } from '../session/cookie-seal.js'
import { parseTicket } from '../session/ticket.js'
import { type CookieWriter, pendingLoginLifetimeMs } from './cookie-writer.js'
import { type CookieNames, formatLoginCookie, loginCookiesToDrop } from './cookies.js'
import { stepUpRequestSchema } from './step-up-seal.js'

const pendingLoginSchema = Type.Object({
  transaction: Type.Object({
    providerId: Type.String(),
    issuer: Type.Optional(Type.String()),
    state: Type.String(),
    nonce: Type.String(),
    codeVerifier: Type.String(),
    createdAt: Type.Number(),
    dpopKey: Type.Optional(dpopKeyShape),
  }),
  returnTo: Type.String(),
  /** The path of the redirect URI, where it is not the plain one. */
  callback: Type.Optional(Type.String()),
  form: Type.Optional(Type.String()),
  previousTicket: Type.Optional(Type.String()),
  stepUp: Type.Optional(stepUpRequestSchema),
})

/**
 * A login that is on its way through the provider, what it is to bring, where to go after it, the form that
 * waits for it, and the ticket that the browser had at its beginning: by it alone the session that this login
 * replaces is known and ended. Nobody can name a session here whose ticket they do not hold.
 */
export type PendingLogin = Static<typeof pendingLoginSchema>

/**
 * Keeps each pending login in a sealed cookie of its own, so that tabs do not disturb each other and
 * the server remembers nothing of people who never come back.
 */
export interface PendingLogins {
  /** Sets the login's cookie with the request's ticket, and drops the oldest so that at most four stay. */
  save(
    request: FastifyRequest,
    reply: FastifyReply,
    login: Omit<PendingLogin, 'previousTicket'>,
  ): void
  /** The login that this browser began with this state, unless it is older than ten minutes. */
  find(request: FastifyRequest, state: string, now: number): PendingLogin | undefined
  clear(reply: FastifyReply, state: string): void
}

export function createPendingLogins(options: {
  keyRing: KeyRing
  names: CookieNames
  writer: CookieWriter
}): PendingLogins {
  const { keyRing, names, writer } = options
  return {
    save(request, reply, begun) {
      const { cookie } = request.raw.headers
      const { state, createdAt } = begun.transaction
      const name = names.login(state)
      const previousTicket = names.readTicketCookie(cookie)
      // What is no ticket would only take up room.
      const isTicket = previousTicket !== undefined && parseTicket(previousTicket) !== undefined
      const login = isTicket ? { ...begun, previousTicket } : begun
      const seal = (content: PendingLogin) =>
        formatLoginCookie(createdAt, sealForCookie(keyRing, name, JSON.stringify(content)))
      const value = seal(login)
      const pending = names.listLoginCookies(cookie)
      for (const old of loginCookiesToDrop(pending, name.length + value.length)) {
        writer.clearLogin(reply, old.name)
      }
      // Better to arrive at the start page than not to be able to sign in.
      if (!writer.setLogin(reply, name, value)) {
        writer.setLogin(reply, name, seal({ ...login, returnTo: '/' }))
      }
    },
    find(request, state, now) {
      const name = names.login(state)
      const cookie = names
        .listLoginCookies(request.raw.headers.cookie)
        .find((candidate) => candidate.name === name)
      const opened = cookie && openFromCookie(keyRing, name, cookie.sealed)
      if (opened === undefined) return undefined
      const login: unknown = JSON.parse(opened)
      if (!Value.Check(pendingLoginSchema, login)) return undefined
      const expired = now - login.transaction.createdAt >= pendingLoginLifetimeMs
      return expired || login.transaction.state !== state ? undefined : login
    },
    clear(reply, state) {
      writer.clearLogin(reply, names.login(state))
    },
  }
}
