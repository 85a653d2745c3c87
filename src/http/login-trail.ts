import { hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CookieWriter } from './cookie-writer.js'
import type { CookieNames } from './cookies.js'
import type { PendingLogin } from './pending-logins.js'

/**
 * Counts the logins of a browser that lead to the same place and follow upon each other within half a
 * minute, in a cookie. Tabs that sign in at once do not follow upon each other. Who forges the cookie gets
 * an explanation instead of a redirect, and nothing else.
 */
export interface LoginTrail {
  /** Notes a finished login and gives the number of the series that it belongs to, itself included. */
  note(request: FastifyRequest, reply: FastifyReply, login: PendingLogin, now: number): number
}

const windowMs = 30_000

export function createLoginTrail({
  names,
  writer,
}: {
  names: CookieNames
  writer: CookieWriter
}): LoginTrail {
  return {
    note(request, reply, { transaction, returnTo }, now) {
      const place = hash('sha256', returnTo, 'base64url').slice(0, 8)
      const known = parseTrail(names.readCookie(names.trail, request.raw.headers.cookie))
      const isRecent = known?.place === place && now - known.firstAt < windowMs
      if (isRecent && transaction.createdAt < known.lastAt) return 1
      const count = isRecent ? known.count + 1 : 1
      const firstAt = isRecent ? known.firstAt : now
      writer.setTrail(reply, [count, firstAt, now, place].join('.'))
      return count
    },
  }
}

function parseTrail(value: string | undefined) {
  const match = /^([0-9]{1,3})\.([0-9]{1,15})\.([0-9]{1,15})\.([\w-]{8})$/.exec(value ?? '')
  if (match === null) return undefined
  const [, count, firstAt, lastAt, place] = match
  return { count: Number(count), firstAt: Number(firstAt), lastAt: Number(lastAt), place }
}
