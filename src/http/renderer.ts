import fastify, { type FastifyBaseLogger, LogController } from 'fastify'
import type { Answer, Answers } from './answers.js'

/** An answer of Valetkey's own that another protocol than HTTP carries. */
export interface RenderedAnswer {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

/** Has an answer made for a request with these headers, as over HTTP; what is thrown is answered, too. */
export type RenderAnswer = (
  headers: Readonly<Record<string, string | string[] | undefined>>,
  answer: Answer,
) => Promise<RenderedAnswer>

const idHeader = 'x-valetkey-rendering'
/** About the connection, which is another one. */
const ofConnection = new Set(['connection', 'content-length', 'date', 'keep-alive'])

export function createRenderer(options: {
  /** An address of Valetkey's own, so that nothing takes the request for one to a route. */
  readonly url: string
  readonly logger: FastifyBaseLogger
  readonly newRequestId: () => string
  readonly answers: Answers
}): RenderAnswer {
  const pending = new Map<string, Answer>()
  const server = fastify({
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: options.newRequestId,
  })
  server.setErrorHandler((error, request, reply) => options.answers.error(request, reply, error))
  server.get(options.url, (request, reply) => {
    const answer = pending.get(String(request.headers[idHeader]))
    return answer === undefined ? reply.callNotFound() : answer(request, reply)
  })
  let count = 0

  return async function renderAnswer(headers, answer) {
    const id = String((count += 1))
    pending.set(id, answer)
    const response = await server
      .inject({ url: options.url, headers: { ...headers, [idHeader]: id } })
      .finally(() => pending.delete(id))
    const pairs = Object.entries(response.headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((each): [string, string] => [name, String(each)]),
    )
    return {
      status: response.statusCode,
      headers: pairs.filter(([name]) => !ofConnection.has(name)),
      body: response.body,
    }
  }
}
