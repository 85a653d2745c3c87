import { html } from './html.js'
import { createPage, type Page } from './layout.js'

/**
 * Asks before signing out when a link elsewhere led here. The answer is a POST of this page, which only
 * a page of this origin can send with the session's cookie.
 */
export function confirmSignOutPage(options: {
  host: string
  signOutPath: string
  returnTo: string | undefined
}): Page {
  return createPage({
    host: options.host,
    title: 'Do you want to sign out?',
    icon: 'door',
    tone: 'plain',
    body: html`<p>
      A link brought you here. Signing out ends your session at <strong>${options.host}</strong>.
    </p>`,
    actions: [
      { label: 'Sign out', post: options.signOutPath, fields: { rd: options.returnTo } },
      { label: 'Stay signed in', href: '/' },
    ],
  })
}
