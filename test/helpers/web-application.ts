import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Test } from 'tap'
import { type Stack, type StackOptions, startStack } from './stack.js'
import { startUpstream, type Upstream } from './upstream.js'

/** Everything as in `startStack`, with the application for browsers behind Valetkey. */
export async function startWebStack(
  t: Test,
  options: Pick<StackOptions, 'provider' | 'session' | 'providerConfig' | 'config'> & {
    /** What the application demands of people, but not below `/public/`. */
    readonly require?: { readonly groups: readonly string[] }
  } = {},
): Promise<Stack & { readonly application: Upstream }> {
  const application = await startWebApplication()
  t.teardown(() => application.close())
  const upstream = application.url
  const { require, config, ...others } = options
  const routes = [
    { match: { path: '/public/' }, auth: 'public', upstream },
    { match: { path: '/' }, upstream, ...(require === undefined ? {} : { require }) },
  ]
  return { ...(await startStack(t, { config: { routes, ...config }, ...others })), application }
}

/**
 * An application for browsers that knows nothing of login.
 *
 * Every path is a page with a stylesheet, a script, a picture and a link to sign out, but `/api/…` is
 * JSON about who asks, `/events` a stream of server-sent events, and a WebSocket gives back what it gets.
 * The page `/live` asks for JSON again and again, listens to the events and talks through a WebSocket,
 * and counts what came of it (`parseTally` reads it). Below `/public/` there are pages for strangers, see `publicPages`.
 */
function startWebApplication(): Promise<Upstream> {
  return startUpstream((request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    const file = files[path]
    if (file !== undefined) send(response, ...file)
    else if (path.startsWith('/api/')) send(response, 'application/json', whoAsks(request))
    else if (path === '/events') sendEvents(response)
    else send(response, 'text/html; charset=utf-8', page('The application', pageBody))
  })
}

/** The access tokens that the application was given. */
export function bearersSeenBy(application: Upstream): Set<string> {
  return new Set(application.requests.flatMap(({ headers }) => headers.authorization ?? []))
}

/** What the page `/live` counted: answers by status, events, messages, and whatever broke off. */
export interface Tally {
  readonly polls: Readonly<Record<string, number>>
  readonly events: number
  readonly messages: number
  readonly broken: readonly string[]
}

/** Reads the text of the page's `output`. */
export const parseTally = (text: string): Tally => JSON.parse(text)

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>
    <link rel="stylesheet" href="/style.css"></head><body><h1>${title}</h1>${body}</body></html>`
}

const pageBody = `<img src="/picture.svg" alt="A picture"><script src="/script.js"></script>
  <p><a href="/oauth2/sign_out">Sign out</a> <a href="/oauth2/sign_out?rd=/public/">Leave</a></p>`

const live = `
  const tally = { polls: {}, events: 0, messages: 0, broken: [] }
  const show = () => { document.querySelector('output').textContent = JSON.stringify(tally) }
  async function poll() {
    const { status } = await fetch('/api/whoami', { redirect: 'manual' })
    tally.polls[status] = (tally.polls[status] ?? 0) + 1
    show()
    setTimeout(poll, 50)
  }
  poll().catch((error) => tally.broken.push(String(error)))
  const events = new EventSource('/events')
  events.onmessage = () => { tally.events += 1 }
  events.onerror = () => tally.broken.push('events')
  const socket = new WebSocket(location.origin.replace('http', 'ws') + '/socket')
  socket.onopen = () => socket.send('there')
  socket.onmessage = () => { tally.messages += 1; setTimeout(() => socket.send('and back'), 50) }
  socket.onclose = () => tally.broken.push('socket')`

// A service worker that passes on whatever its pages ask for, as many do.
const serviceWorker = `
  self.addEventListener('install', () => self.skipWaiting())
  self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
  self.addEventListener('fetch', (event) => event.respondWith(fetch(event.request)))`

// The second picture is what browsers with a tab bar ask for; the one of the tests has none.
const loading = `<link rel="stylesheet" href="/style.css">
  <img src="/picture.svg" alt=""><img src="/favicon.ico" alt=""><script src="/script.js"></script>
  <script>
    const say = (text) => () => document.body.append(Object.assign(document.createElement('p'), { textContent: text }))
    new EventSource('/events').onerror = say('The events failed')
    new WebSocket(location.origin.replace('http', 'ws') + '/socket').onerror = say('The socket failed')
  </script>`

const prefetching = `<link rel="prefetch" href="/prefetched"><link rel="icon" href="/favicon.ico">
  <script type="speculationrules">
    {"prefetch": [{"source": "list", "urls": ["/speculated"], "eagerness": "immediate"}]}
  </script>
  <a href="/speculated">Go on</a>`

/** Where the application has something for strangers. */
export const publicPages = {
  plain: '/public/',
  /** Loads all kinds of things that are not public. */
  loading: '/public/loading',
  /** Makes the browser prefetch `/prefetched` and `/speculated`, to which it links. */
  prefetching: '/public/prefetching',
  serviceWorker: '/public/service-worker.js',
} as const

const files: Readonly<Record<string, readonly [type: string, body: string, allowed?: string]>> = {
  '/style.css': ['text/css', 'h1 { color: rgb(0, 0, 255) }'],
  '/script.js': ['text/javascript', 'document.body.dataset.script = "ran"'],
  '/picture.svg': [
    'image/svg+xml',
    '<svg xmlns="http://www.w3.org/2000/svg" width="7" height="5"/>',
  ],
  '/live': ['text/html', page('Live', `<output></output><script>${live}</script>`)],
  [publicPages.plain]: ['text/html', page('For everybody', '')],
  [publicPages.loading]: ['text/html', page('For everybody', loading)],
  [publicPages.prefetching]: ['text/html', page('For everybody', prefetching)],
  [publicPages.serviceWorker]: ['text/javascript', serviceWorker, '/'],
}

function whoAsks({ headers }: IncomingMessage): string {
  return JSON.stringify({
    user: headers['x-forwarded-user'],
    email: headers['x-forwarded-email'],
    groups: headers['x-forwarded-groups'],
    authorization: headers.authorization,
    cookie: headers.cookie,
  })
}

function send(response: ServerResponse, type: string, body: string, allowed?: string): void {
  if (allowed !== undefined) response.setHeader('service-worker-allowed', allowed)
  response.setHeader('content-type', type)
  response.end(body)
}

function sendEvents(response: ServerResponse): void {
  response.setHeader('content-type', 'text/event-stream')
  const timer = setInterval(() => response.write('data: ping\n\n'), 100)
  response.on('close', () => clearInterval(timer))
}
