import { html } from './html.js'
import { createPage, type Page } from './layout.js'

/** Says that the session here has ended, and what may still be open elsewhere. */
export function signedOutPage(options: {
  host: string
  signInHref: string
  /** The provider whose own session could not be ended, so that signing in may ask for nothing. */
  providerStillSignedIn?: string | undefined
}): Page {
  const provider = options.providerStillSignedIn
  return createPage({
    host: options.host,
    title: 'You are signed out',
    icon: 'check',
    tone: 'calm',
    body:
      provider === undefined
        ? html`<p>Your session at <strong>${options.host}</strong> has ended.</p>`
        : html`<p>Your session at <strong>${options.host}</strong> has ended.</p>
            <p>
              Your session at <strong>${provider}</strong> may continue. On a computer that others
              use, sign out there, too, or close all windows of the browser.
            </p>`,
    actions: [{ label: 'Sign in again', href: options.signInHref }],
  })
}
