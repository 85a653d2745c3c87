import { html, linkTarget } from './html.js'
import { initialOf } from './initial.js'
import { createPage, type Page } from './layout.js'
import { passFragment } from './script.js'

/** Offers the providers; each link starts the login there. */
export function signInPage(options: {
  host: string
  providers: readonly { readonly name: string; readonly href: string }[]
  keepsFragment?: boolean
}): Page {
  const [only, ...others] = options.providers
  const single = only !== undefined && others.length === 0
  const choices = options.providers.map(
    ({ name, href }) =>
      html`<li>
        <a class="button choice" href="${linkTarget(href)}"
          ><span class="initial" aria-hidden="true">${initialOf(name)}</span>${name}</a
        >
      </li>`,
  )
  return createPage({
    host: options.host,
    title: 'Sign in',
    icon: 'key',
    tone: 'plain',
    body: single
      ? html`<p>Continue to <strong>${options.host}</strong> with your account.</p>`
      : html`<p>Choose how to sign in to <strong>${options.host}</strong>.</p>
          <nav aria-label="Ways to sign in">
            <ul>
              ${choices}
            </ul>
          </nav>`,
    ...(options.keepsFragment === true ? { script: passFragment } : {}),
    actions: single ? [{ label: `Continue with ${only.name}`, href: only.href }] : [],
  })
}
