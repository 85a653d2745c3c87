import type { Cause } from '../explain-login.js'
import type { Problem } from '../problem.js'
import { breakable, html } from './html.js'
import { createPage, type Action, type Page } from './layout.js'

/** Says why signing in gets nowhere here: the cookie that is missing, and the likely causes. */
export function signInTroublePage(options: {
  host: string
  problem: Problem
  requestId: string
  /** The cookie that did not come back, if that is what is wrong. */
  missing: string | undefined
  causes: readonly Cause[]
  actions: readonly Action[]
}): Page {
  const { problem, missing } = options
  return createPage({
    host: options.host,
    title: problem.title,
    icon: 'alert',
    tone: 'warn',
    body: html`${
        missing !== undefined &&
        html`<p>The cookie <strong>${breakable(missing)}</strong> did not come back.</p>`
      }
      ${options.causes.map(({ text }) => html`<p>${text}</p>`)}
      <p>${problem.advice}</p>`,
    actions: options.actions,
    facts: [
      ['Code', `${problem.status} ${problem.code}`],
      ['Cause', options.causes.map(({ code }) => code).join(', ')],
      ['Request id', options.requestId],
    ],
  })
}
