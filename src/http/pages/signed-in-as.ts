import { breakable, type Html, html } from './html.js'
import { initialOf } from './initial.js'

/** Shows whose session it is, by what the person recognises; nothing where nobody is known. */
export const signedInAs = (person: string | undefined): Html | undefined =>
  person === undefined
    ? undefined
    : html`<div class="person">
        <span class="initial" aria-hidden="true">${initialOf(person)}</span>
        <p>Signed in as <strong>${breakable(person)}</strong></p>
      </div>`
