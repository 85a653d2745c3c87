// The demo's application. It knows nothing of signing in: it shows the headers that it received.
import { createServer } from 'node:http'
import { escapeHtml, sendPage } from './page.mjs'

/** Headers that a request has because of Valetkey; the application only reads the names here. */
const added = /^(authorization|x-forwarded-.*|x-valetkey-.*)$/i

function headerRows(rawHeaders) {
  const rows = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name, value] = [rawHeaders[at], rawHeaders[at + 1]]
    rows.push({ name, value, isAdded: added.test(name) })
  }
  return rows
}

const table = (rows) =>
  `<table>${rows
    .map(
      ({ name, value, isAdded }) =>
        `<tr${isAdded ? ' class="added"' : ''}><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`,
    )
    .join('')}</table>`

const places = {
  '/public/': 'The public part. Nobody has to sign in to read this.',
  '/admin/': 'The admin part. Only people of the group admins get here.',
}

const tokenHint = `<p>The access token lives for a minute. Reload this page later: the token is another
one, and nobody had to sign in.</p>`

function answer(request, response) {
  const path = request.url.split('?', 1)[0].replace(/^\/admin$/, '/admin/')
  const place = Object.keys(places).find((prefix) => path.startsWith(prefix))
  const rows = headerRows(request.rawHeaders)
  const user = request.headers['x-forwarded-preferred-username']
  const mine = rows.filter((row) => row.isAdded)
  sendPage(
    response,
    200,
    'Sample application',
    `<p class="eyebrow">Sample application</p>
<h1>${user ? `Hello, ${escapeHtml(user)}` : 'Hello, whoever you are'}</h1>
<p>${place ? places[place] : 'The part for everybody who is signed in.'}</p>
<nav aria-label="Pages">
<a href="/">Home</a> <a href="/public/">Public</a> <a href="/admin/">Admins only</a>
<a href="/oauth2/userinfo">Who am I?</a> <a href="/oauth2/session">My session</a> <a href="/oauth2/sign_out">Sign out</a>
</nav>
<p>This application has no sign-in of its own. It printed what it received for
<strong>${escapeHtml(request.method)} ${escapeHtml(request.url)}</strong>.</p>
<h2>Set by Valetkey</h2>
${mine.length > 0 ? table(mine) : '<p>Nothing.</p>'}
${request.headers.authorization ? tokenHint : ''}
<h2>Sent by the browser</h2>
${table(rows.filter((row) => !row.isAdded))}`,
  )
}

const server = createServer(answer)
server.listen(Number(process.env.DEMO_PORT ?? 4182), '127.0.0.1', () => process.send?.('ready'))

// Ends with whoever started it.
for (const event of ['disconnect', 'SIGINT', 'SIGTERM']) process.on(event, () => process.exit())
