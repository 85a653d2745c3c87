import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CookieWriter } from './cookie-writer.js'
import type { CookieNames } from './cookies.js'

/**
 * Remembers in a cookie with which provider a browser signed in last, so that the sign-in page offers that
 * one first. It holds an id and nothing else, and decides nothing: whoever forges it sorts a list.
 */
export interface LastProvider {
  read(request: FastifyRequest): string | undefined
  note(reply: FastifyReply, providerId: string): void
}

export function createLastProvider({
  names,
  writer,
}: {
  names: CookieNames
  writer: CookieWriter
}): LastProvider {
  return {
    read: (request) => names.readCookie(names.provider, request.raw.headers.cookie),
    note: (reply, providerId) => writer.setProvider(reply, providerId),
  }
}
