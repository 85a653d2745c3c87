import { createHash } from 'node:crypto'
import { rawMarkup, type Html } from './html.js'

/** A script that never varies, so that a content security policy can name it. */
export interface PageScript {
  readonly element: Html
  /** What `script-src` allows. */
  readonly source: string
}

const createScript = (code: string): PageScript => ({
  element: rawMarkup(`<script>${code}</script>`),
  source: `'sha256-${createHash('sha256').update(code).digest('base64')}'`,
})

/** Sends the page's form as if its button had been pressed. */
export const sendForm = createScript("document.querySelector('main button').click()")

// The fragment stays in the tab's own storage, under the login that it waits for: it reaches no server.
const findLogin = `const { login } = document.querySelector('[data-login]').dataset
const link = document.querySelector('main .button')`

/** Keeps the fragment of the page's address and goes on to the provider. */
export const keepFragment = createScript(`${findLogin}
try {
  if (location.hash) sessionStorage.setItem('valetkey-fragment', login + location.hash)
} catch {}
location.replace(link.href)`)

/** Goes on to the return-to with the fragment that was kept for this login. */
export const restoreFragment = createScript(`${findLogin}
const to = new URL(link.href)
try {
  const kept = sessionStorage.getItem('valetkey-fragment') ?? ''
  sessionStorage.removeItem('valetkey-fragment')
  if (kept.startsWith(login + '#') && to.hash === '') to.hash = kept.slice(login.length)
} catch {}
location.replace(to)`)

/** Hands the fragment on to wherever the page's links and forms lead. */
export const passFragment = createScript(`
for (const link of document.querySelectorAll('main a')) link.hash = location.hash
for (const form of document.forms) form.action += location.hash`)
