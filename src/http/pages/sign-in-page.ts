import { type Html, html, linkTarget } from './html.js'
import { initialOf } from './initial.js'
import { createPage, type Page } from './layout.js'
import { passFragment } from './script.js'

/** A provider to choose. */
export interface ProviderChoice {
  readonly name: string
  readonly href: string
  /** Whether this browser signed in there the last time. */
  readonly isLast?: boolean
}

/** A field for an e-mail address, which leads to its provider. */
export interface EmailField {
  readonly action: string
  /** What is sent with it. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** What was typed before. */
  readonly value?: string
  /** Why that leads nowhere. */
  readonly fault?: string
}

/** Offers the providers; each link starts the login there. */
export function signInPage(options: {
  host: string
  providers: readonly ProviderChoice[]
  email?: EmailField | undefined
  keepsFragment?: boolean
}): Page {
  const { host, providers, email } = options
  const [only, ...others] = providers
  const single = only !== undefined && others.length === 0
  return createPage({
    host,
    title: 'Sign in',
    icon: 'key',
    tone: 'plain',
    body: single
      ? html`<p>Continue to <strong>${host}</strong> with your account.</p>`
      : html`<p>Choose how to sign in to <strong>${host}</strong>.</p>
          ${email && emailForm(email)}
          <nav aria-label="Ways to sign in">
            <ul>
              ${providers.map(choiceItem)}
            </ul>
          </nav>`,
    hasForm: !single && email !== undefined,
    ...(options.keepsFragment === true ? { script: passFragment } : {}),
    actions: single ? [{ label: `Continue with ${only.name}`, href: only.href }] : [],
  })
}

const choiceItem = ({ name, href, isLast }: ProviderChoice): Html =>
  html`<li>
    <a class="button choice" href="${linkTarget(href)}"
      ><span class="initial" aria-hidden="true">${initialOf(name)}</span>${name}${
        isLast === true && html` <span class="mark">Last used</span>`
      }</a
    >
  </li>`

function emailForm({ action, fields, value = '', fault }: EmailField): Html {
  const described =
    fault === undefined ? html`` : html` aria-invalid="true" aria-describedby="fault"`
  return html`<form class="field" method="post" action="${linkTarget(action)}">
    ${fields.map(
      ([name, content]) => html`<input type="hidden" name="${name}" value="${content}" />`,
    )}
    <label for="email">E-mail address</label>
    <input
      id="email"
      type="email"
      name="email"
      value="${value}"
      maxlength="254"
      autocomplete="username"
      required
      ${described}
    />
    ${fault !== undefined && html`<p id="fault" role="alert">${fault}</p>`}
    <button class="button primary" type="submit">Continue</button>
  </form>`
}
