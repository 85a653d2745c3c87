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
