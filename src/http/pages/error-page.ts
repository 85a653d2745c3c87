import type { Problem } from '../problem.js'
import { html } from './html.js'
import { createPage, type Action, type Page } from './layout.js'

/** Tells what happened in general terms, what to do, and the request id that leads to the log. */
export function errorPage(options: {
  host: string
  problem: Problem
  requestId: string
  actions: readonly Action[]
}): Page {
  const { problem } = options
  const waiting = problem.status === 503 || problem.status === 504 || problem.status === 408
  return createPage({
    host: options.host,
    title: problem.title,
    icon: problem.status === 401 ? 'key' : waiting ? 'clock' : 'alert',
    tone: problem.status === 401 ? 'plain' : problem.status === 500 ? 'stop' : 'warn',
    body: html`<p>${problem.explanation}</p>
      <p>${problem.advice}</p>`,
    actions: options.actions,
    facts: [
      ['Code', `${problem.status} ${problem.code}`],
      ['Request id', options.requestId],
    ],
  })
}
