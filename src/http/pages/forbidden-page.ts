import { html } from './html.js'
import { createPage, type Page } from './layout.js'
import { signedInAs } from './signed-in-as.js'

/** Tells who is signed in, that this does not suffice here, and how to come back as somebody else. */
export function forbiddenPage(options: {
  host: string
  /** What the person recognises: a name or an address. */
  person: string | undefined
  signOutPath: string
  /** Where to come back to with the other account. */
  returnTo: string | undefined
  requestId: string
}): Page {
  return createPage({
    host: options.host,
    title: 'You do not have access',
    icon: 'barrier',
    tone: 'warn',
    body: html`<p>
        Your account is not permitted to open this. If you think it should be, ask whoever manages
        access and give them the request id below.
      </p>
      ${signedInAs(options.person)}`,
    actions: [
      {
        label: 'Use another account',
        post: options.signOutPath,
        fields: { rd: options.returnTo },
      },
      { label: 'Go to the start page', href: '/' },
    ],
    facts: [
      ['Code', '403 ERR_ACCESS_DENIED'],
      ['Request id', options.requestId],
    ],
  })
}
