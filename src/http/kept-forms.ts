import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { openForm, sealForm } from '../session/form-seal.js'
import type { KeyRing } from '../session/key-ring.js'
import { type FormStore, StoreUnavailableError } from '../session/session-store.js'
import type { Identity } from '../session/session.js'
import { createTicket, formatTicket, parseTicket } from '../session/ticket.js'
import { type CookieWriter, pendingLoginLifetimeMs } from './cookie-writer.js'
import type { CookieNames } from './cookies.js'
import { readForm } from './read-form.js'

const keptFormSchema = Type.Object({
  /** Path and query that it goes to, in origin form. */
  target: Type.String(),
  encoding: Type.Enum(['application/x-www-form-urlencoded', 'multipart/form-data']),
  fields: Type.Array(Type.Tuple([Type.String(), Type.Union([Type.String(), Type.Null()])])),
  /** Whose session it was that ended, where that is known; nobody else may send the form. */
  person: Type.Optional(Type.Object({ issuer: Type.String(), sub: Type.String() })),
})

/** A form that waits until the person has signed in. */
export type KeptForm = Static<typeof keptFormSchema>

/** Whose form it is. */
export type FormOwner = Pick<Identity, 'issuer' | 'sub'>

export interface KeptForms {
  /**
   * Keeps the form that the request brings, and gives the id by which the login knows it; `undefined`
   * when it cannot be kept. The browser gets the secret that opens it in a cookie.
   */
  keep(
    request: FastifyRequest,
    reply: FastifyReply,
    form: { readonly target: string; readonly person: FormOwner | undefined; readonly now: number },
  ): Promise<string | undefined>
  /**
   * Takes out the form of this browser with this id, once, for the person whose it is. Throws
   * StoreUnavailableError; then the form may still be there.
   */
  take(
    request: FastifyRequest,
    reply: FastifyReply,
    id: string,
    person: FormOwner,
  ): Promise<KeptForm | undefined>
}

const idLength = 16
const mostFormsOfBrowser = 4
// For each process: strangers can send forms, too, and must not fill the store.
const mostOctets = 16 * 1024 * 1024

/** The id of the form that waits for the login which these parameters ask for, if they name one. */
export function formIdIn(parameters: URLSearchParams): string | undefined {
  const id = parameters.get('form')
  return id !== null && /^[\w-]{16}$/.test(id) ? id : undefined
}

export function createKeptForms(options: {
  readonly keyRing: KeyRing
  readonly names: CookieNames
  readonly writer: CookieWriter
  readonly store: FormStore
}): KeptForms {
  const { keyRing, names, writer, store } = options
  const kept: { readonly octets: number; readonly expiresAt: number }[] = []
  let keptOctets = 0

  /** Notes so much more for ten minutes, unless that is too much. */
  function reserve(octets: number, now: number, expiresAt: number): boolean {
    const lasting = kept.findIndex((each) => each.expiresAt > now)
    // All at once: each shift of a long array moves the whole of it.
    const expired = kept.splice(0, lasting === -1 ? kept.length : lasting)
    for (const each of expired) keptOctets -= each.octets
    if (keptOctets + octets > mostOctets) return false
    kept.push({ octets, expiresAt })
    keptOctets += octets
    return true
  }

  return {
    async keep(request, reply, { target, person, now }) {
      const form = await readForm(request.raw)
      if (form === undefined) return undefined
      const ticket = createTicket()
      // Of the person as little as tells them apart.
      const owner = person && { issuer: person.issuer, sub: person.sub }
      const content = JSON.stringify({ ...form, target, person: owner })
      const sealed = sealForm(keyRing, ticket, content)
      const expiresAt = now + pendingLoginLifetimeMs
      if (!reserve(sealed.length, now, expiresAt)) return undefined
      try {
        await store.keep(ticket.key, sealed, expiresAt)
      } catch (error) {
        if (error instanceof StoreUnavailableError) return undefined
        throw error
      }
      const others = names.listForms(request.raw.headers.cookie)
      if (others.length >= mostFormsOfBrowser) for (const id of others) writer.clearForm(reply, id)
      const id = ticket.key.slice(0, idLength)
      writer.setForm(reply, id, formatTicket(ticket))
      return id
    },
    async take(request, reply, id, person) {
      const cookie = names.readCookie(names.form(id), request.raw.headers.cookie)
      const ticket = cookie === undefined ? undefined : parseTicket(cookie)
      if (ticket === undefined) return undefined
      const sealed = await store.take(ticket.key)
      // Not before: while the store is away the form waits, and this alone opens it.
      writer.clearForm(reply, id)
      const opened = sealed && openForm(keyRing, ticket, sealed)
      if (opened === undefined) return undefined
      const form: unknown = JSON.parse(opened)
      if (!Value.Check(keptFormSchema, form)) return undefined
      const isTheirs =
        form.person === undefined ||
        (form.person.issuer === person.issuer && form.person.sub === person.sub)
      return isTheirs ? form : undefined
    },
  }
}
