import { html } from './html.js'
import { createPage, type Page } from './layout.js'

/** Sends the logout request as a form, where it is too long for a URL (RP-Initiated Logout §2). */
export function signOutAtProviderPage(options: {
  host: string
  url: URL
  providerName: string
}): Page {
  const { url } = options
  return createPage({
    host: options.host,
    title: 'One more step',
    icon: 'door',
    tone: 'plain',
    body: html`<p>
      Your session at <strong>${options.host}</strong> has ended. Continue to end the one at
      <strong>${options.providerName}</strong>, too.
    </p>`,
    actions: [
      {
        label: 'Continue signing out',
        post: url.origin + url.pathname,
        fields: Object.fromEntries(url.searchParams),
      },
    ],
  })
}
