import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type SessionKey, StoreUnavailableError } from '../session/session-store.js'
import type { SessionInventory, SessionPage } from '../session/session-inventory.js'
import { createBearerGate } from './bearer-gate.js'
import { sendProblem } from './problem.js'
import type { ListedSession, SessionListing } from './session-listing.js'

/** Which sessions an operator ended, for the log. */
export type Revocation =
  { readonly session: SessionKey } | { readonly sub: string; readonly issuers: readonly string[] }

export interface SessionsOptions {
  readonly token: string | undefined
  readonly inventory: SessionInventory
  /** The issuers that a subject without issuer may belong to. */
  readonly issuers: readonly string[]
  onRevoked(ended: number, what: Revocation): void
}

/**
 * `GET /sessions?sub=&issuer=&cursor=` lists sessions, `DELETE /sessions/{id}` ends one, and
 * `DELETE /sessions?sub=&issuer=` all of a person: for whoever has the admin token.
 */
export function registerSessions(admin: FastifyInstance, options: SessionsOptions): void {
  const { inventory } = options
  void admin.register(async (scope) => {
    scope.addHook('onRequest', createBearerGate(options.token))
    scope.setErrorHandler(answerError)

    scope.get('/sessions', async (request, reply) => {
      const { sub, issuer, cursor } = readQuery(request, ['sub', 'issuer', 'cursor'])
      if (sub === undefined && issuer !== undefined) throw new QueryError('issuer needs sub')
      const page =
        sub === undefined
          ? await inventory.list(cursor)
          : await listOf(sub, issuersOf(issuer), cursor)
      return reply.send(listingOf(page))
    })

    scope.delete<{ Params: { id: string } }>('/sessions/:id', async (request, reply) => {
      readQuery(request, [])
      const session = request.params.id
      if (!isSessionKey(session) || !(await inventory.endByKey(session))) {
        return sendProblem(reply, {
          status: 404,
          code: 'ERR_SESSION_UNKNOWN',
          detail: 'there is no session of this id',
        })
      }
      options.onRevoked(1, { session })
      return reply.code(204).send()
    })

    scope.delete('/sessions', async (request, reply) => {
      const { sub, issuer } = readQuery(request, ['sub', 'issuer'])
      // Ending everybody's sessions takes more than forgetting a parameter.
      if (sub === undefined) throw new QueryError('sub says whose sessions to end')
      const issuers = issuersOf(issuer)
      let ended = 0
      for (const each of issuers) ended += await inventory.endWhere({ issuer: each, sub })
      options.onRevoked(ended, { sub, issuers })
      return reply.send({ ended })
    })
  })

  const issuersOf = (issuer: string | undefined) =>
    issuer === undefined ? options.issuers : [issuer]

  /** One issuer after the other; the cursor says at which of them, and how far there. */
  async function listOf(
    sub: string,
    issuers: readonly string[],
    cursor: string | undefined,
  ): Promise<SessionPage> {
    const place = /^(\d{1,4})(?:\.(.+))?$/.exec(cursor ?? '0')
    const at = Number(place?.[1])
    const issuer = issuers[at]
    if (issuer === undefined) throw new QueryError('this cursor leads nowhere')
    const page = await inventory.listWhere({ issuer, sub }, place?.[2])
    if (page.cursor !== undefined) return { ...page, cursor: `${at}.${page.cursor}` }
    const { sessions } = page
    return at + 1 < issuers.length ? { sessions, cursor: String(at + 1) } : { sessions }
  }
}

class QueryError extends Error {}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof QueryError) {
    return sendProblem(reply, { status: 400, code: 'ERR_REQUEST', detail: error.message })
  }
  if (!(error instanceof StoreUnavailableError)) throw error
  request.log.warn({ err: error }, 'session store')
  reply.header('retry-after', '2')
  return sendProblem(reply, {
    status: 503,
    code: error.code,
    detail: 'the session store does not answer; nothing is known',
  })
}

/** The query's parameters. One that is misspelt or repeated must not end more than was meant. */
function readQuery<Name extends string>(
  request: FastifyRequest,
  names: readonly Name[],
): Partial<Record<Name, string>> {
  const question = request.originalUrl.indexOf('?')
  const query = new URLSearchParams(question === -1 ? '' : request.originalUrl.slice(question + 1))
  const known: Partial<Record<Name, string>> = {}
  for (const [name, value] of query) {
    const parameter = names.find((each) => each === name)
    if (parameter === undefined) throw new QueryError(`there is no parameter "${name}" here`)
    if (known[parameter] !== undefined) throw new QueryError(`${name} stands here twice`)
    if (value === '') throw new QueryError(`${name} is empty`)
    known[parameter] = value
  }
  return known
}

const isSessionKey = (text: string) => /^[A-Za-z0-9_-]{43}$/.test(text)

function listingOf({ sessions, cursor }: SessionPage): SessionListing {
  const shown = sessions.filter(({ isRetired }) => !isRetired)
  const listed = shown.map(({ key, facts, lastActiveAt }): ListedSession => ({
    id: key,
    sub: facts.sub,
    issuer: facts.issuer,
    provider: facts.providerId,
    created: new Date(facts.createdAt).toISOString(),
    lastActive: new Date(lastActiveAt).toISOString(),
    clientAddress: facts.clientAddress ?? '',
    userAgent: facts.userAgent ?? '',
  }))
  return cursor === undefined ? { sessions: listed } : { sessions: listed, cursor }
}
