import type { IncomingHttpHeaders } from 'node:http'
import type { ClientFacts } from '../access/forwarded.js'
import { answerHeaderName } from '../answer-header.js'
import type { Header } from '../identity/header-value.js'
import { headersOf } from '../raw-headers.js'
import type { Answers } from './answers.js'
import { admittedHeaders, type ForwardAuth, logUntrusted } from './forward-auth.js'
import type { RenderAnswer, RenderedAnswer } from './renderer.js'

/** The original request of a check, which an ingress makes in another protocol than HTTP. */
export interface CheckedRequest {
  readonly method: string
  readonly target: string
  readonly host: string | undefined
  /** Names in lower case. */
  readonly headers: readonly Header[]
}

export type CheckResult =
  | {
      readonly kind: 'admitted'
      readonly set: readonly Header[]
      readonly remove: readonly string[]
    }
  | ({ readonly kind: 'refused' } & RenderedAnswer)

/** Decides about a request on behalf of the peer at an address, as `/ext-authz/…` does. Never throws. */
export type Check = (checked: CheckedRequest, peerAddress: string) => Promise<CheckResult>

export function createCheck(options: {
  readonly forwardAuth: ForwardAuth
  readonly clientFacts: (peerAddress: string, rawHeaders: readonly string[]) => ClientFacts
  readonly answers: Answers
  readonly renderAnswer: RenderAnswer
  /** Is told of every answer by its name. */
  readonly onAnswered: (answer: string) => void
}): Check {
  const { forwardAuth, clientFacts, answers, renderAnswer, onAnswered } = options
  const { judge, readOriginalArrival, refuse } = forwardAuth

  return async function check(checked, peerAddress) {
    const sent = { headers: joinedHeaders(checked.headers), rawHeaders: checked.headers.flat() }
    const refused = async (answer: Parameters<RenderAnswer>[1]): Promise<CheckResult> => {
      const rendered = await renderAnswer(sent.headers, answer)
      onAnswered(rendered.headers.find(([name]) => name === answerHeaderName)?.[1] ?? '')
      return { kind: 'refused', ...rendered }
    }

    const client = clientFacts(peerAddress, sent.rawHeaders)
    if (!client.trusted) {
      return refused((request, reply) => {
        logUntrusted(request, client)
        return answers.problem(request, reply, 'ERR_ORIGINAL_REQUEST_MISSING')
      })
    }
    const arrival = readOriginalArrival({ ...checked, client })
    try {
      const verdict = await judge(arrival, sent)
      if (verdict.kind !== 'admitted') {
        return await refused((request, reply) => refuse(request, reply, arrival, verdict))
      }
      const set = admittedHeaders(forwardAuth, sent, verdict.admission)
      onAnswered('ACCESS_GRANTED')
      return {
        kind: 'admitted',
        set: headersOf(set),
        remove: forwardAuth.headersToRemove(Object.keys(sent.headers), set),
      }
    } catch (error) {
      return refused((request, reply) => answers.error(request, reply, error))
    }
  }
}

/** As node:http joins them; a list of what may appear once only is no value of that kind, and so fits nothing. */
function joinedHeaders(pairs: readonly Header[]): IncomingHttpHeaders {
  const headers = new Map<string, string>()
  for (const [name, value] of pairs) {
    const before = headers.get(name)
    const joint = name === 'cookie' ? '; ' : ', '
    headers.set(name, before === undefined ? value : before + joint + value)
  }
  return Object.fromEntries(headers)
}
