import { html } from './html.js'
import { createPage, type Page } from './layout.js'

/** Tells that a form was not sent, because nobody was signed in, rather than lose it in a redirect. */
export function formNotSentPage(options: {
  host: string
  code: string
  requestId: string
  action: { readonly label: string; readonly href: string }
}): Page {
  return createPage({
    host: options.host,
    title: 'Your form was not sent',
    icon: 'key',
    tone: 'warn',
    body: html`<p>You were not signed in any more when you sent it, so nothing was done.</p>
      <p>
        Go back to find what you wrote, sign in in another tab, and send it again. Or go on and
        write it anew.
      </p>`,
    actions: [options.action],
    facts: [
      ['Code', options.code],
      ['Request id', options.requestId],
    ],
  })
}
