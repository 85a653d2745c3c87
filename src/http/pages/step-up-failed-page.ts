import { html } from './html.js'
import { createPage, type Page } from './layout.js'
import { signedInAs } from './signed-in-as.js'

/** Tells that signing in again did not bring what is needed here, and how to try once more. */
export function stepUpFailedPage(options: {
  host: string
  /** What the person recognises: a name or an address. */
  person: string | undefined
  /** Where a login begins at which the provider has to ask again. */
  againHref: string
  requestId: string
}): Page {
  return createPage({
    host: options.host,
    title: 'Your sign-in is not enough for this',
    icon: 'barrier',
    tone: 'warn',
    body: html`<p>
        This needs a sign-in that is stronger, such as with a second factor, or more recent. The
        login service was asked for one just now, and what it gave is not enough. If it keeps
        failing, tell your administrator the request id below.
      </p>
      ${signedInAs(options.person)}`,
    actions: [
      { label: 'Sign in once more', href: options.againHref },
      { label: 'Go to the start page', href: '/' },
    ],
    facts: [
      ['Code', '403 ERR_STEP_UP_FAILED'],
      ['Request id', options.requestId],
    ],
  })
}
