import { html } from './html.js'
import { createPage, type Page } from './layout.js'
import { keepFragment } from './script.js'

/** Takes the place of the redirect to the provider, so that the fragment of the address can be kept. */
export function startPage(options: {
  host: string
  /** Names the login to the page that ends it. */
  login: string
  providerName: string
  url: string
}): Page {
  return createPage({
    host: options.host,
    title: 'One moment',
    icon: 'key',
    tone: 'calm',
    body: html`<p data-login="${options.login}">
      Taking you to <strong>${options.providerName}</strong> to sign in.
    </p>`,
    actions: [{ label: 'Continue', href: options.url }],
    goesOnTo: options.url,
    script: keepFragment,
  })
}
