import { deviceNameOf } from './device-name.js'
import { breakable, html, linkTarget, type Html } from './html.js'
import { createPage, type Action, type Page } from './layout.js'
import { timeAgo } from './time-ago.js'

/** A session as its owner sees it. Instants are epoch milliseconds. */
export interface ShownSession {
  readonly key: string
  readonly createdAt: number
  readonly lastActiveAt: number
  readonly userAgent: string
  readonly clientAddress: string
  /** The one that asks for the page. */
  readonly isCurrent: boolean
}

/** The names and values of the form that ends sessions: `end` is a session key, `others` or `all`. */
export const endField = 'end'

export interface SessionsPageOptions {
  readonly host: string
  /** What the person recognises: a name or an address. */
  readonly person: string
  readonly sessions: readonly ShownSession[]
  /** Whether there are more than are shown. */
  readonly isIncomplete: boolean
  readonly sessionsPath: string
  readonly signOutPath: string
  readonly now: number
}

/** Shows people where they are signed in, and lets them end one session, the others or all. */
export function sessionsPage(options: SessionsPageOptions): Page {
  const { person, sessions, sessionsPath, isIncomplete } = options
  const hasOthers = isIncomplete || sessions.some(({ isCurrent }) => !isCurrent)
  const others: Action[] = [
    { label: 'Sign out everywhere else', post: sessionsPath, fields: { [endField]: 'others' } },
    { label: 'Sign out everywhere', post: sessionsPath, fields: { [endField]: 'all' } },
  ]
  return createPage({
    host: options.host,
    title: 'Where you are signed in',
    icon: 'devices',
    tone: 'plain',
    body: html`<p>
        These are the sessions of <strong>${breakable(person)}</strong>. End what you do not
        recognise or no longer use.
      </p>
      <ul class="sessions" aria-label="Sessions">
        ${sessions.map((session) => sessionItem(session, options))}
      </ul>
      ${isIncomplete && html`<p class="more">There are more sessions than are shown here.</p>`}`,
    actions: [...(hasOthers ? others : []), { label: 'Go to the start page', href: '/' }],
    hasForm: true,
  })
}

function sessionItem(session: ShownSession, options: SessionsPageOptions): Html {
  const { now } = options
  const device = deviceNameOf(session.userAgent)
  const active = session.isCurrent ? 'now' : timeAgo(session.lastActiveAt, now)
  return html`<li>
    <div>
      <strong title="${session.userAgent}">${breakable(device)}</strong>
      ${session.isCurrent && html`<span class="mark">This one</span>`}
      <p>
        Active ${instant(session.lastActiveAt, active)}, signed in
        ${instant(session.createdAt, timeAgo(session.createdAt, now))}
      </p>
      <p>From ${session.clientAddress === '' ? 'an unknown address' : session.clientAddress}</p>
    </div>
    ${endForm(session, device, options)}
  </li>`
}

/** Whoever ends the session in use signs out as everywhere: the provider hears of it, too. */
function endForm({ key, isCurrent }: ShownSession, device: string, options: SessionsPageOptions) {
  const { signOutPath, sessionsPath } = options
  return html`<form method="post" action="${linkTarget(isCurrent ? signOutPath : sessionsPath)}">
    ${!isCurrent && html`<input type="hidden" name="${endField}" value="${key}" />`}
    <button class="button small" type="submit">
      Sign out<span class="unseen"> ${isCurrent ? 'here' : device}</span>
    </button>
  </form>`
}

function instant(at: number, text: string): Html {
  const iso = new Date(at).toISOString()
  return html`<time datetime="${iso}" title="${iso.replace('T', ' ').slice(0, 16)} UTC"
    >${text}</time
  >`
}
