import { html } from './html.js'
import { type Action, createPage, type Page, type PageContent } from './layout.js'

/** Tells that a login service is away, and tries again by itself until it is back; nothing need be done. */
export function providerAwayPage(options: {
  host: string
  providerName: string
  retries: NonNullable<PageContent['retries']>
  /** Where the other providers are offered, if there are any. */
  othersHref: string | undefined
  requestId: string
}): Page {
  const { retries, othersHref } = options
  const others: Action[] =
    othersHref === undefined ? [] : [{ label: 'Sign in another way', href: othersHref }]
  return createPage({
    host: options.host,
    title: 'The login service cannot be reached',
    icon: 'clock',
    tone: 'warn',
    body: html`<p>
        <strong>${options.providerName}</strong> is not answering, so signing in there is not
        possible right now. People already signed in can go on working.
      </p>
      <p role="status">
        This page tries again every ${retries.afterSeconds} seconds, and goes on as soon as it can.
      </p>`,
    retries,
    actions: [{ label: 'Try again now', href: retries.at }, ...others],
    facts: [
      ['Code', '503 ERR_PROVIDER_UNAVAILABLE'],
      ['Request id', options.requestId],
    ],
  })
}
