import { html } from './html.js'
import { createPage, type Page } from './layout.js'
import { signedInAs } from './signed-in-as.js'

/** Tells with which login service the person is signed in, and offers those that count here. */
export function otherProviderPage(options: {
  host: string
  /** What the person recognises: a name or an address. */
  person: string | undefined
  /** The provider of the session. */
  present: string | undefined
  choices: readonly { readonly name: string; readonly href: string }[]
  requestId: string
}): Page {
  const { present = 'another login service' } = options
  return createPage({
    host: options.host,
    title: 'Another login is needed here',
    icon: 'barrier',
    tone: 'warn',
    body: html`<p>
        You are signed in with <strong>${present}</strong>, which does not count for this. Signing
        in with another login service takes the place of that.
      </p>
      ${signedInAs(options.person)}`,
    actions: [
      ...options.choices.map(({ name, href }) => ({ label: `Sign in with ${name}`, href })),
      { label: 'Go to the start page', href: '/' },
    ],
    facts: [
      ['Code', '403 ERR_ACCESS_PROVIDER'],
      ['Request id', options.requestId],
    ],
  })
}
