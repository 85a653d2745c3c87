import { createHash } from 'node:crypto'

/** The one stylesheet of all pages, in the page itself: nothing else has to be loaded. */
export const style = `
:root {
  color-scheme: light dark;
  --ground: #f4f5f7; --glow: #e3e9f6; --card: #ffffff; --line: #dfe3ea; --ink: #171b24;
  --soft: #545d6e; --accent: #2f4fc4; --accent-hover: #2541a8; --on-accent: #ffffff;
  --tint: #e9eefc; --calm: #17703f; --calm-tint: #e4f4ea; --warn: #8a5300; --warn-tint: #fcf0db;
  --stop: #a8261c; --stop-tint: #fdeae7; --shadow: 0 1px 2px #1b24380d, 0 16px 40px -16px #1b243833;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0e1117; --glow: #182138; --card: #171b23; --line: #2b3240; --ink: #eceff5;
    --soft: #a3adbf; --accent: #91a9ff; --accent-hover: #adbfff; --on-accent: #0e1530;
    --tint: #222c4d; --calm: #6fd79b; --calm-tint: #16321f; --warn: #f2be69; --warn-tint: #392a10;
    --stop: #ff9d92; --stop-tint: #421b17; --shadow: 0 1px 2px #0006, 0 20px 48px -16px #000a;
  }
}
*, *::before, *::after { box-sizing: border-box }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100% }
body {
  margin: 0; min-height: 100vh; min-height: 100dvh; display: flex; flex-direction: column;
  align-items: center; justify-content: center; gap: 1.5rem; padding: 2rem 1.25rem;
  background: radial-gradient(60rem 30rem at 50% -8rem, var(--glow), transparent) no-repeat var(--ground);
  color: var(--ink); font: 1rem/1.6 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif;
  overflow-wrap: anywhere;
}
header { display: flex; align-items: center; gap: .5rem; color: var(--soft); font-size: .9375rem; font-weight: 500 }
header svg { width: 1.125rem; height: 1.125rem; flex: none }
header p { margin: 0 }
main {
  width: 100%; max-width: 27rem; padding: 2.25rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 1.125rem; box-shadow: var(--shadow);
}
.badge {
  display: grid; place-items: center; width: 3rem; height: 3rem; margin-bottom: 1.25rem;
  border-radius: .875rem; background: var(--tint); color: var(--accent);
}
.badge svg { width: 1.5rem; height: 1.5rem }
.calm { background: var(--calm-tint); color: var(--calm) }
.warn { background: var(--warn-tint); color: var(--warn) }
.stop { background: var(--stop-tint); color: var(--stop) }
h1 { margin: 0 0 .5rem; font-size: 1.4375rem; line-height: 1.3; font-weight: 650; letter-spacing: -.014em; text-wrap: balance }
p { margin: 0 0 .75rem; color: var(--soft); text-wrap: pretty }
p strong { color: var(--ink); font-weight: 600 }
ul { list-style: none; margin: 1.5rem 0 0; padding: 0; display: grid; gap: .625rem }
form { margin: 0 }
.button {
  display: flex; align-items: center; justify-content: center; gap: .5rem; width: 100%; min-height: 2.875rem;
  padding: .5rem 1rem; border: 1px solid var(--line); border-radius: .6875rem; background: transparent;
  color: var(--ink); font: inherit; font-weight: 550; line-height: 1.35; text-align: center;
  text-decoration: none; cursor: pointer; transition: background-color .12s, border-color .12s;
}
.button:hover { border-color: var(--soft); background: var(--ground) }
.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent) }
.primary:hover { background: var(--accent-hover); border-color: var(--accent-hover) }
.choice { justify-content: flex-start; text-align: start; padding-inline: .75rem }
.choice .mark { margin-inline-start: auto }
.choice::after { content: '\\2192'; content: '\\2192' / ''; margin-inline-start: auto; color: var(--soft); transition: translate .12s }
.choice:has(.mark)::after { margin-inline-start: 0 }
.choice:hover::after { translate: .1875rem 0; color: var(--ink) }
.initial {
  display: grid; place-items: center; flex: none; width: 1.75rem; height: 1.75rem; border-radius: .5rem;
  background: var(--tint); color: var(--accent); font-size: .875rem; font-weight: 650;
}
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .25rem }
.button:focus-visible, .field input:focus-visible { border-radius: .6875rem }
.field { display: grid; gap: .5rem; margin-top: 1.5rem; padding-bottom: 1.5rem; border-bottom: 1px solid var(--line) }
.field label { font-size: .875rem; font-weight: 550 }
.field input {
  width: 100%; min-height: 2.875rem; padding: .5rem .875rem; border: 1px solid var(--line); border-radius: .6875rem;
  background: transparent; color: var(--ink); font: inherit;
}
.field input[aria-invalid] { border-color: var(--stop) }
.field p { margin: 0; color: var(--stop); font-size: .875rem }
.person {
  display: flex; align-items: center; gap: .75rem; margin: 1.25rem 0 0; padding: .75rem .875rem;
  border: 1px solid var(--line); border-radius: .6875rem;
}
.person p { margin: 0; font-size: .875rem; line-height: 1.4 }
.person strong { display: block; font-size: .9375rem }
.sessions { margin-top: 1.25rem; gap: 0; border: 1px solid var(--line); border-radius: .6875rem }
.sessions li { display: flex; align-items: center; gap: .75rem; padding: .875rem }
.sessions li + li { border-top: 1px solid var(--line) }
.sessions div { flex: 1; min-width: 0 }
.sessions strong { font-size: .9375rem; font-weight: 600 }
.sessions p { margin: 0; font-size: .8125rem; line-height: 1.5 }
.mark { padding: .0625rem .4375rem; border-radius: 1rem; background: var(--tint); color: var(--accent); font-size: .75rem; font-weight: 600; white-space: nowrap }
.small { gap: 0; width: auto; min-height: 2.25rem; padding: .25rem .75rem; font-size: .875rem; white-space: nowrap }
.more { margin: .75rem 0 0 }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
.facts { margin: 1.5rem 0 0; padding-top: 1.125rem; border-top: 1px solid var(--line); display: grid; gap: .25rem .75rem; grid-template-columns: auto 1fr; font-size: .8125rem; line-height: 1.5 }
.facts dt { color: var(--soft) }
.facts dd { margin: 0; text-align: end; font-family: ui-monospace, 'SF Mono', Menlo, Consolas, monospace; user-select: all }
@media (max-width: 30rem) {
  body { justify-content: flex-start; padding: 1.5rem 1rem }
  main { padding: 1.625rem 1.375rem; border-radius: 1rem }
  .sessions li { flex-direction: column; align-items: stretch }
  .small { width: 100% }
}
@media (prefers-reduced-motion: reduce) { * { transition: none !important } }
@media (prefers-contrast: more) { :root { --soft: var(--ink); --line: var(--soft) } }
@media (forced-colors: active) { main, .button, .badge, .person, .field input { border: 1px solid ButtonText } }
@media print { body { background: none } main { box-shadow: none } }
`

/** Allows this stylesheet and no other in a Content-Security-Policy. */
export const styleSource = `'sha256-${createHash('sha256').update(style).digest('base64')}'`
