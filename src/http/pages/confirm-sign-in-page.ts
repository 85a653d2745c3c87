import { html } from './html.js'
import { createPage, type Page } from './layout.js'
import { signedInAs } from './signed-in-as.js'

type Fields = Readonly<Record<string, string | undefined>>

/** Asks before a sign-in, which another site began, takes the place of the session that there is. */
export function confirmSignInPage(options: {
  host: string
  /** What the person recognises: a name or an address. */
  person: string
  providerName: string
  /** What begins it. */
  signIn: { readonly href: string } | { readonly post: string; readonly fields: Fields }
  stayHref: string
}): Page {
  const { providerName } = options
  return createPage({
    host: options.host,
    title: 'Do you want to sign in anew?',
    icon: 'key',
    tone: 'plain',
    body: html`<p>
        A link brought you here to sign in with <strong>${providerName}</strong>. That would take
        the place of the sign-in that you have at <strong>${options.host}</strong>.
      </p>
      ${signedInAs(options.person)}`,
    actions: [
      { label: 'Stay signed in', href: options.stayHref },
      { label: `Sign in with ${providerName}`, ...options.signIn },
    ],
  })
}
