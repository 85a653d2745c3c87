import { html } from './html.js'
import { createPage, type Page } from './layout.js'
import { restoreFragment } from './script.js'

/**
 * Lets the browser go on at once by a navigation that this page begins, not the provider: only then is
 * a session cookie sent along that other sites' requests do not get. Says nothing of who is signed in.
 */
export function continuePage(options: {
  host: string
  to: string
  /** The login whose fragment goes on, too. */
  fragmentOf?: string
}): Page {
  const { host, to, fragmentOf } = options
  return createPage({
    host,
    title: 'One moment',
    icon: 'clock',
    tone: 'calm',
    body: html`<p data-login="${fragmentOf}">Taking you to <strong>${host}</strong>.</p>`,
    actions: [{ label: 'Continue', href: to }],
    goesOnTo: to,
    ...(fragmentOf === undefined ? {} : { script: restoreFragment }),
  })
}
