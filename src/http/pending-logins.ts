import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { pathOfReturnTo } from '../access/return-to.js'
import { dpopKeyShape } from '../session/dpop-key.js'
import type { KeyRing } from '../session/key-ring.js'
import { openFromCookie, sealForCookie } from '../session/cookie-seal.js'
import { type CookieWriter, pendingLoginLifetimeMs } from './cookie-writer.js'
import { type CookieNames, formatLoginCookie, loginCookiesToDrop } from './cookies.js'
import type { ReturnState } from './return-state.js'
import { noteCut } from './return-to.js'
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
  /** Absent where the state carries it and the cookie has no room for it. */
  returnTo: Type.Optional(Type.String()),
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
export type PendingLogin = KeptLogin & { readonly returnTo: string }

type KeptLogin = Static<typeof pendingLoginSchema>

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
  returnState: Pick<ReturnState, 'read'>
}): PendingLogins {
  const { keyRing, names, writer, returnState } = options
  return {
    save(request, reply, begun) {
      const { cookie } = request.raw.headers
      const { state, createdAt } = begun.transaction
      const name = names.login(state)
      // What is no ticket would only take up room.
      const [previousTicket] = names.listTickets(cookie)
      const login = previousTicket === undefined ? begun : { ...begun, previousTicket }
      const seal = (content: KeptLogin) =>
        formatLoginCookie(createdAt, sealForCookie(keyRing, name, JSON.stringify(content)))
      const { returnTo, ...rest } = login
      const isInState = returnState.read(state)?.returnTo === returnTo
      const path = pathOfReturnTo(returnTo)
      const choices: KeptLogin[] = isInState ? [login, rest] : [login, { ...rest, returnTo: path }]
      // Better to arrive at the start page than not to be able to sign in.
      const last: KeptLogin = { ...rest, returnTo: '/' }
      const chosen = choices.find((each) => writer.hasRoom(name, seal(each))) ?? last
      const kept = chosen.returnTo ?? returnTo
      if (kept !== returnTo) noteCut(request, returnTo, kept === '/' ? undefined : kept)
      const value = seal(chosen)
      const pending = names.listLoginCookies(cookie)
      for (const old of loginCookiesToDrop(pending, name.length + value.length)) {
        writer.clearLogin(reply, old.name)
      }
      writer.setLogin(reply, name, value)
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
      if (expired || login.transaction.state !== state) return undefined
      const returnTo = login.returnTo ?? returnState.read(state)?.returnTo ?? '/'
      return { ...login, returnTo }
    },
    clear(reply, state) {
      writer.clearLogin(reply, names.login(state))
    },
  }
}
