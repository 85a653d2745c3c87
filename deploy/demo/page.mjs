// The pages of the demo: one look for the provider and the sample application.

const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text made safe between tags and in quoted attributes. */
export function escapeHtml(text) {
  return String(text).replaceAll(/[&<>"']/g, (character) => entities[character])
}

const style = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --paper: #f4f5f7; --card: #fff; --line: #dde1e7;
  --accent: #2f5fd0; --mark: #e8eefb }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ebf0; --soft: #9aa5b4; --paper: #14181f; --card: #1d232c; --line: #313a46; --accent: #8fb0ff;
    --mark: #232f4a } }
* { box-sizing: border-box }
body { margin: 0; padding: 3rem 1.25rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, sans-serif }
main { max-width: 46rem; margin: 0 auto }
h1 { margin: 0 0 .25rem; font-size: 1.7rem; letter-spacing: -.015em } h2 { margin: 2rem 0 .5rem; font-size: 1.05rem }
p { margin: .4rem 0; color: var(--soft) } p strong { color: var(--ink) }
.eyebrow { margin: 0 0 1.5rem; font-size: .8rem; text-transform: uppercase; letter-spacing: .08em }
a { color: var(--accent) }
nav { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1.5rem 0 }
nav a { padding: .35rem .8rem; border: 1px solid var(--line); border-radius: 99px; background: var(--card);
  text-decoration: none; font-size: .9rem }
.people { display: grid; gap: .75rem; margin-top: 1.75rem }
button { font: inherit; color: inherit; cursor: pointer; border: 1px solid var(--line); border-radius: 12px;
  background: var(--card) }
.people button { display: flex; gap: 1rem; align-items: center; padding: .9rem 1.1rem; text-align: left }
button:hover, nav a:hover { border-color: var(--accent) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.initial { flex: none; width: 2.6rem; height: 2.6rem; border-radius: 50%; display: grid; place-items: center;
  background: var(--mark); color: var(--accent); font-weight: 650 }
.person { display: grid } .person small { color: var(--soft) }
.plain { padding: .6rem 1.1rem; margin: 1rem .5rem 0 0 }
table { width: 100%; border-collapse: collapse; background: var(--card); border: 1px solid var(--line);
  border-radius: 12px; overflow: hidden; font-size: .88rem; table-layout: fixed }
th, td { padding: .5rem .9rem; text-align: left; vertical-align: top; border-top: 1px solid var(--line);
  overflow-wrap: anywhere } tr:first-child > * { border-top: 0 }
th { width: 34%; font-weight: 550 } td { font-family: ui-monospace, monospace }
.added { background: var(--mark) }
`

/** A whole page; `body` is HTML. */
export function page(title, body) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body><main>
${body}
</main></body>
</html>
`
}

/** Answers with a page that no cache keeps. */
export function sendPage(response, status, title, body) {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  })
  response.end(page(title, body))
}
