/** Markup that is safe to send as it is. Only the `html` tag and `rawMarkup` make it. */
export class Html {
  readonly #markup: string

  constructor(markup: string) {
    this.#markup = markup
  }

  toString(): string {
    return this.#markup
  }
}

/** What may stand in a template: `undefined`, `null` and `false` leave nothing. */
export type Interpolation =
  Html | string | number | false | null | undefined | readonly Interpolation[]

/**
 * Escapes whatever stands in the template but markup. The result is safe between tags and in quoted
 * attributes; templates therefore quote every attribute and hold neither script nor style.
 */
export function html(strings: TemplateStringsArray, ...values: Interpolation[]): Html {
  let markup = strings[0] ?? ''
  for (const [index, value] of values.entries()) {
    markup += render(value) + (strings[index + 1] ?? '')
  }
  return new Html(markup)
}

/** Vouches for markup that comes from no request, no provider and no configuration. */
export function rawMarkup(markup: string): Html {
  return new Html(markup)
}

/**
 * The link target if it is empty, a path of this host or an http(s) URL, else `#`: a second line of
 * defence behind the return-to checks, as escaping alone lets `javascript:` through.
 */
export function linkTarget(value: string): string {
  return /^(?:$|\/(?![/\\])|https?:\/\/)[\x21-\uffff]*$/i.test(value) ? value : '#'
}

/** Lets a long address or name break after `@` and `.` rather than within a word. */
export function breakable(text: string): Interpolation {
  return text.split(/(?<=[@.])/).map((part, index) => (index === 0 ? part : [wordBreak, part]))
}

const wordBreak = new Html('<wbr />')

function render(value: Interpolation): string {
  if (value === undefined || value === null || value === false) return ''
  if (value instanceof Html) return value.toString()
  if (typeof value === 'object') return value.map(render).join('')
  return String(value).replace(special, (character) => entities[character] ?? '\ufffd')
}

// Control characters have no place in a page; HTML parsers disagree about some of them.
// eslint-disable-next-line no-control-regex
const special = /[&<>"'\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
