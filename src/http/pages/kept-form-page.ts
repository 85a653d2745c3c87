import type { KeptForm } from '../kept-forms.js'
import { html } from './html.js'
import { createPage, type Page } from './layout.js'
import { sendForm } from './script.js'

/**
 * Has the browser send a form that waited for the login. It does so by itself, or with scripts off when
 * the button is pressed; either way it is a request of this origin, made by the person's browser.
 */
export function keptFormPage(options: { host: string; origin: string; form: KeptForm }): Page {
  const { target, encoding, fields } = options.form
  const inputs = fields.map(([name, value]) =>
    value === null
      ? html`<input type="file" name="${name}" hidden />`
      : html`<input type="hidden" name="${name}" value="${value}" />`,
  )
  return createPage({
    host: options.host,
    title: 'You are signed in',
    icon: 'check',
    tone: 'calm',
    body: html`<p>The form that you sent before is sent now.</p>
      <form method="post" action="${options.origin}${target}" enctype="${encoding}">
        ${inputs}<button class="button primary" type="submit">Send it now</button>
      </form>`,
    actions: [],
    hasForm: true,
    script: sendForm,
  })
}
