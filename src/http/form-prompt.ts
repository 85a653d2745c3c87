import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CompiledRoute } from '../access/route-table.js'
import type { StepUp } from '../access/step-up.js'
import type { Arrival } from './arrival.js'
import type { FormOwner, KeptForms } from './kept-forms.js'
import {
  type LoginPrompt,
  type LoginPromptOptions,
  allowedProviders,
  loginPaths,
  pageBehind,
} from './login-prompt.js'
import { initiatorOf, prefersPage } from './navigation.js'
import { formNotSentPage } from './pages/form-not-sent-page.js'
import type { StepUpSeal } from './step-up-seal.js'

export interface FormPromptOptions extends LoginPromptOptions {
  readonly promptForLogin: LoginPrompt
  readonly keptForms: KeptForms
  readonly seal: StepUpSeal
  readonly clock: () => number
}

/** Answers a request that needs a session and has none, and looks after the form that it may be. */
export type FormPrompt = (
  request: FastifyRequest,
  reply: FastifyReply,
  arrival: Arrival,
  asked: {
    readonly route: CompiledRoute
    /** Whose session has just ended, if that is known. */
    readonly former: FormOwner | undefined
    /** What the login had better bring at once. */
    readonly stepUp: StepUp | undefined
  },
) => FastifyReply | Promise<FastifyReply>

/**
 * Keeps a form that a person sent until after the login, where its route says so, and otherwise tells them
 * that it was not sent. Forms of other origins are never kept. What is no form is asked to sign in.
 */
export function createFormPrompt(options: FormPromptOptions): FormPrompt {
  const { publicUrl, paths, answers, keptForms, seal, clock } = options
  const loginPath = loginPaths(paths, options.severalProviders)

  async function keep(
    request: FastifyRequest,
    reply: FastifyReply,
    arrival: Arrival,
    { former: person, stepUp }: Wanted,
  ): Promise<FastifyReply> {
    const { originForm: target } = arrival
    const form = await keptForms.keep(request, reply, { target, person, now: clock() })
    if (form === undefined) return refuse(request, reply, arrival, stepUp)
    const returnTo = options.parseReturnTo(pageBehind(request), request)
    const path = loginPath({ returnTo, form, allowed: allowedProviders(arrival), stepUp })
    return answers.redirect(request, reply, 'FORM_KEPT', path)
  }

  function refuse(
    request: FastifyRequest,
    reply: FastifyReply,
    arrival: Arrival,
    stepUp: string | undefined,
  ): FastifyReply {
    const returnTo = options.parseReturnTo(pageBehind(request), request)
    const path = loginPath({ returnTo, allowed: allowedProviders(arrival), stepUp })
    const code = 'ERR_LOGIN_REQUIRED'
    return answers.problem(request, reply, code, {
      extras: { login_url: publicUrl.origin + path },
      page: formNotSentPage({
        host: publicUrl.host,
        code: `401 ${code}`,
        requestId: request.id,
        // The login takes place on the public host, where its cookies and the redirect URI belong.
        action: { label: 'Sign in', href: publicUrl.origin + path },
      }),
    })
  }

  /** Whether a page of the application itself sent it, and sends it again from the same host after the login. */
  const isOwn = (request: FastifyRequest, { facts, isSubrequest }: Arrival): boolean =>
    !isSubrequest &&
    facts.host === publicUrl.hostname &&
    initiatorOf(request.raw.headers, publicUrl.origin) === 'same-origin'

  return function promptForForm(request, reply, arrival, { route, former, stepUp: demand }) {
    const stepUp = demand && seal.seal({ ...demand, attempt: 0 })
    if (arrival.facts.method !== 'POST' || !prefersPage(request)) {
      const allowed = allowedProviders(arrival)
      return options.promptForLogin(request, reply, arrival, {
        code: 'ERR_LOGIN_REQUIRED',
        name: 'LOGIN_REQUIRED',
        pathTo: (returnTo) => loginPath({ returnTo, allowed, stepUp }),
      })
    }
    return route.config.keepForms && isOwn(request, arrival)
      ? keep(request, reply, arrival, { former, stepUp })
      : refuse(request, reply, arrival, stepUp)
  }
}

interface Wanted {
  readonly former: FormOwner | undefined
  /** What the login is to bring, sealed. */
  readonly stepUp: string | undefined
}
