import { html, linkTarget, rawMarkup, type Html } from './html.js'
import { icons, type IconName } from './icons.js'
import type { PageScript } from './script.js'
import { style } from './style.js'

/** A finished page. */
export interface Page {
  readonly markup: string
  /** Whether the page sends something: its answer then needs another policy than a page of links. */
  readonly hasForm: boolean
  /** What its answer's policy lets run; nothing by default. */
  readonly scriptSource?: string
}

/** Something that a person can do next: follow a link, or send a form. The first stands out. */
export type Action =
  | { readonly label: string; readonly href: string }
  | {
      readonly label: string
      readonly post: string
      readonly fields?: Readonly<Record<string, string | undefined>>
    }

/** Loads the page's own address again. */
export const sameAddress = ''

export interface PageContent {
  /** The public host, so that people see where they are. */
  readonly host: string
  readonly title: string
  readonly icon: IconName
  readonly tone: 'plain' | 'calm' | 'warn' | 'stop'
  readonly body: Html
  readonly actions: readonly Action[]
  /** Small print below the actions, such as the request id. */
  readonly facts?: readonly (readonly [name: string, value: string])[]
  /** Where the page goes by itself, leaving no trace in the browser's history. */
  readonly goesOnTo?: string
  /** Where the page goes by itself after a while; `sameAddress` loads it again. */
  readonly retries?: { readonly at: string; readonly afterSeconds: number } | undefined
  /** Whether the body has forms, besides those of the actions. */
  readonly hasForm?: boolean
  /** Runs when the page is there; whatever it does can be done without it. */
  readonly script?: PageScript
}

/** Puts content into the frame that all pages share. It needs no script, loads nothing, and seldom runs any. */
export function createPage(content: PageContent): Page {
  const { host, goesOnTo, retries, script } = content
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        ${
          goesOnTo !== undefined &&
          withoutScript(
            script,
            html`<meta http-equiv="refresh" content="0; url=${linkTarget(goesOnTo)}" />`,
          )
        }
        ${retries && refresh(retries)}
        <title>${content.title} &middot; ${host}</title>
        ${styleElement}
      </head>
      <body>
        <header>
          ${icons.globe}
          <p>${host}</p>
        </header>
        <main>
          <div class="badge ${content.tone}">${icons[content.icon]}</div>
          <h1>${content.title}</h1>
          ${content.body} ${actionList(content.actions)} ${factList(content.facts ?? [])}
        </main>
        ${script?.element}
      </body>
    </html>`
  return {
    markup: page.toString(),
    hasForm: content.hasForm === true || content.actions.some((action) => 'post' in action),
    ...(script && { scriptSource: script.source }),
  }
}

function refresh({ at, afterSeconds }: NonNullable<PageContent['retries']>): Html {
  const target = at === sameAddress ? '' : `; url=${linkTarget(at)}`
  return html`<meta http-equiv="refresh" content="${afterSeconds}${target}" />`
}

/** Leaves to the page's script, where there is one that runs, what is for browsers without. */
const withoutScript = (script: PageScript | undefined, element: Html): Html =>
  script === undefined ? element : html`<noscript>${element}</noscript>`

const styleElement = rawMarkup(`<style>${style}</style>`)

function actionList(actions: readonly Action[]): Html | undefined {
  if (actions.length === 0) return undefined
  const items = actions.map(
    (action, index) =>
      html`<li>${actionElement(action, index === 0 ? 'button primary' : 'button')}</li>`,
  )
  return html`<ul>
    ${items}
  </ul>`
}

function actionElement(action: Action, className: string): Html {
  if ('href' in action) {
    return html`<a class="${className}" href="${linkTarget(action.href)}">${action.label}</a>`
  }
  const fields = Object.entries(action.fields ?? {}).map(
    ([name, value]) =>
      value !== undefined && html`<input type="hidden" name="${name}" value="${value}" />`,
  )
  return html`<form method="post" action="${linkTarget(action.post)}">
    ${fields}<button class="${className}" type="submit">${action.label}</button>
  </form>`
}

function factList(facts: readonly (readonly [string, string])[]): Html | undefined {
  if (facts.length === 0) return undefined
  return html`<dl class="facts">
    ${facts.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`
}
