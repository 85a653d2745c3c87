import t from 'tap'
import {
  initiatorOf,
  isNavigation,
  prefersPage,
  type RequestOrigin,
} from '../../src/http/navigation.js'

const browserAccept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
const get = (headers: RequestOrigin['headers']) => ({ method: 'GET', headers })
const fetched = (mode: string, dest: string, site = 'same-origin') => ({
  'sec-fetch-mode': mode,
  'sec-fetch-dest': dest,
  'sec-fetch-site': site,
})

t.test('FM-1 a person going to a page is a navigation', async (t) => {
  for (const site of ['none', 'same-origin', 'same-site', 'cross-site']) {
    t.ok(isNavigation(get(fetched('navigate', 'document', site))), site)
  }
  t.ok(isNavigation({ method: 'HEAD', headers: fetched('navigate', 'document') }))
})

t.test('FM-1 a navigation that a service worker passes on still is one', async (t) => {
  // As Chromium sends it for `respondWith(fetch(event.request))`.
  const passedOn = get(fetched('navigate', 'empty'))
  t.ok(isNavigation(passedOn))
  t.ok(prefersPage(passedOn))
})

t.test('FM-1 unsafe methods and what scripts and elements load are none', async (t) => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND', undefined]) {
    t.notOk(isNavigation({ method, headers: fetched('navigate', 'document') }), String(method))
  }
  const loads: [string, string][] = [
    ['cors', 'empty'],
    ['same-origin', 'empty'],
    ['no-cors', 'image'],
    ['no-cors', 'script'],
    ['no-cors', 'style'],
    ['websocket', 'websocket'],
    ['navigate', 'embed'],
    ['navigate', 'object'],
    ['navigate, navigate', 'document'],
  ]
  for (const [mode, dest] of loads) {
    // A script may ask for HTML; what it is, the user agent tells.
    t.notOk(isNavigation(get({ ...fetched(mode, dest), accept: 'text/html' })), `${mode} ${dest}`)
  }
})

t.test('FM-1 a frame is a navigation when the application frames itself', async (t) => {
  t.ok(isNavigation(get(fetched('navigate', 'iframe', 'same-origin'))))
  t.ok(isNavigation(get(fetched('navigate', 'frame', 'same-origin'))))
  t.notOk(isNavigation(get(fetched('navigate', 'iframe', 'cross-site'))))
  t.notOk(isNavigation(get(fetched('navigate', 'iframe', 'same-site'))))
})

t.test('FM-2 without metadata, whoever asks for HTML navigates', async (t) => {
  t.ok(isNavigation(get({ accept: browserAccept })))
  t.ok(isNavigation(get({ accept: 'TEXT/HTML' })))
  const programs: RequestOrigin['headers'][] = [
    {},
    { accept: '*/*' },
    { accept: 'application/json' },
    { accept: 'application/json, text/html;q=0.9' },
    { accept: 'text/html;q=0' },
    { accept: 'text/html;q=x' },
    { accept: browserAccept, 'x-requested-with': 'XMLHttpRequest' },
    { accept: browserAccept, upgrade: 'websocket' },
    { accept: 'image/avif,image/webp,image/apng,image/*,*/*;q=0.8' },
  ]
  for (const headers of programs) t.notOk(isNavigation(get(headers)), JSON.stringify(headers))
  t.notOk(isNavigation({ method: 'POST', headers: { accept: browserAccept } }))
})

t.test(
  'FM-2 programs that send a part of the metadata are judged by what they ask for',
  async (t) => {
    t.notOk(isNavigation(get({ 'sec-fetch-mode': 'cors', accept: '*/*' })))
    t.ok(isNavigation(get({ 'sec-fetch-mode': 'cors', accept: 'text/html' })))
    t.ok(prefersPage(get({ 'sec-fetch-mode': 'cors', accept: 'text/html' })))
  },
)

t.test('FM-4 prefetch, service worker and favicon start no login', async (t) => {
  const page = fetched('navigate', 'document')
  for (const headers of [
    { ...page, 'sec-purpose': 'prefetch' },
    { ...page, 'sec-purpose': 'prefetch;prerender' },
    { ...page, purpose: 'prefetch' },
    { accept: browserAccept, 'x-moz': 'prefetch' },
    { ...fetched('same-origin', 'serviceworker'), 'service-worker': 'script' },
    { accept: browserAccept, 'service-worker': 'script' },
    fetched('no-cors', 'image'),
  ]) {
    t.notOk(isNavigation(get(headers)), JSON.stringify(headers))
  }
})

t.test('a page is for people, whatever the method', async (t) => {
  t.ok(prefersPage({ method: 'POST', headers: fetched('navigate', 'document') }))
  t.ok(prefersPage(get(fetched('navigate', 'iframe', 'cross-site'))))
  t.ok(prefersPage({ method: 'POST', headers: { accept: browserAccept } }))
  t.notOk(prefersPage(get({ ...fetched('cors', 'empty'), accept: 'text/html' })))
  t.notOk(prefersPage(get({ accept: '*/*' })))
  t.notOk(prefersPage(get({})))
  t.notOk(prefersPage(get({ accept: browserAccept, upgrade: 'websocket' })))
})

t.test('FM-3 tells who made the browser send a request', async (t) => {
  const own = 'https://app.example.com'
  t.equal(initiatorOf({ 'sec-fetch-site': 'same-origin' }, own), 'same-origin')
  t.equal(initiatorOf({ 'sec-fetch-site': 'same-site' }, own), 'same-site')
  t.equal(initiatorOf({ 'sec-fetch-site': 'none' }, own), 'none')
  t.equal(initiatorOf({ 'sec-fetch-site': 'cross-site' }, own), 'cross-site')
  t.equal(initiatorOf({ 'sec-fetch-site': 'new-word' }, own), 'cross-site')
  t.equal(initiatorOf({ origin: own }, own), 'same-origin')
  t.equal(initiatorOf({ origin: 'https://evil.example' }, own), 'cross-site')
  t.equal(initiatorOf({ origin: 'null' }, own), 'cross-site')
  t.equal(initiatorOf({ 'sec-fetch-site': 'cross-site', origin: own }, own), 'cross-site')
  t.equal(initiatorOf({}, own), 'unknown')
})
