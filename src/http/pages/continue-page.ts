import { html } from './html.js'
import { createPage, type Page } from './layout.js'

/**
 * Lets the browser go on at once by a navigation that this page begins, not the provider: only then is
 * a session cookie sent along that other sites' requests do not get. Says nothing of who is signed in.
 */
export function continuePage(options: { host: string; to: string }): Page {
  return createPage({
    host: options.host,
    title: 'One moment',
    icon: 'clock',
    tone: 'calm',
    body: html`<p>Taking you to <strong>${options.host}</strong>.</p>`,
    actions: [{ label: 'Continue', href: options.to }],
    goesOnTo: options.to,
  })
}
