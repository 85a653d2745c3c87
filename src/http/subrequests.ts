import type { IncomingMessage, ServerResponse } from 'node:http'
import { Http2ServerRequest } from 'node:http2'
import { atEndOfTurn } from '../end-of-turn.js'
import { headersOf, type RawHeaders } from '../raw-headers.js'
import { type Answer, type Answers, type AnswerWith, answerHeaders } from './answers.js'
import { endUploadAfterAnswer } from './upload-deadline.js'

/** Leave for the request that an ingress asks about, with the headers that it is to copy. */
export interface Grant {
  readonly status: 200 | 202
  readonly headers: RawHeaders
}

/**
 * Decides about the request that a subrequest asks about. Those come by any method and are answered before their body,
 * which has no say: some ingresses announce one that they never send.
 */
export type DecideSubrequest = (request: IncomingMessage) => Promise<Grant | Answer>

/** Answers a subrequest with what was decided. */
export type AnswerSubrequest = (
  request: IncomingMessage,
  response: ServerResponse,
  decide: DecideSubrequest,
) => Promise<void>

/** Grants leave past the framework, for an ingress asks about every request; any other answer is the framework's. */
export function createSubrequestAnswers(options: {
  readonly answers: Answers
  readonly answerWith: AnswerWith
  readonly onGranted: (request: IncomingMessage, response: ServerResponse) => void
  /** How long a body may take after the answer. */
  readonly bodyDeadlineMs: number
}): AnswerSubrequest {
  const { answers, answerWith } = options

  return async function answerSubrequest(request, response, decide) {
    endUploadAfterAnswer(request, response, options.bodyDeadlineMs)
    try {
      const decision = await decide(request)
      if (typeof decision === 'function') answerWith(request, response, decision)
      else if (request instanceof Http2ServerRequest) {
        answerWith(request, response, granting(answers, decision))
      } else {
        response.writeHead(decision.status, fieldsOf(decision))
        atEndOfTurn(() => response.end())
        options.onGranted(request, response)
      }
    } catch (error) {
      answerWith(request, response, (asked, reply) => answers.error(asked, reply, error))
    }
  }
}

/** The same as an answer of the framework. */
export function granting(answers: Answers, { status, headers }: Grant): Answer {
  return (_asked, reply) => {
    for (const [name, value] of headersOf(headers)) reply.header(name, value)
    return answers.empty(reply, 'ACCESS_GRANTED', status)
  }
}

const always = [...Object.entries(answerHeaders('ACCESS_GRANTED')).flat(), 'content-length', '0']

const fieldsOf = ({ headers }: Grant): string[] => [...always, ...headers]
