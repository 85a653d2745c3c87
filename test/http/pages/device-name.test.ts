import t from 'tap'
import { deviceNameOf } from '../../../src/http/pages/device-name.js'

const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)'
const apple = 'AppleWebKit/605.1.15 (KHTML, like Gecko)'

t.test('names the common browsers and systems in plain words', async (t) => {
  const cases: readonly (readonly [userAgent: string, name: string])[] = [
    [`(Windows NT 10.0; Win64; x64) ${webkit} Chrome/138.0.0.0 Safari/537.36`, 'Chrome on Windows'],
    [
      `(Windows NT 10.0; Win64; x64) ${webkit} Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0`,
      'Edge on Windows',
    ],
    [
      `(Macintosh; Intel Mac OS X 10_15_7) ${webkit} Chrome/138.0.0.0 Safari/537.36 OPR/120.0`,
      'Opera on Mac',
    ],
    [`(Macintosh; Intel Mac OS X 10_15_7) ${apple} Version/18.5 Safari/605.1.15`, 'Safari on Mac'],
    [
      `(iPhone; CPU iPhone OS 18_5 like Mac OS X) ${apple} Version/18.5 Mobile/15E148 Safari/604.1`,
      'Safari on iPhone',
    ],
    [
      `(iPhone; CPU iPhone OS 18_5 like Mac OS X) ${apple} CriOS/138.0 Mobile/15E148 Safari/604.1`,
      'Chrome on iPhone',
    ],
    [
      `(iPad; CPU OS 18_5 like Mac OS X) ${apple} FxiOS/140.0 Mobile/15E148 Safari/605.1.15`,
      'Firefox on iPad',
    ],
    [`(Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0`, 'Firefox on Android'],
    [
      `(Linux; Android 10; K) ${webkit} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`,
      'Samsung Internet on Android',
    ],
    [`(X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0`, 'Firefox on Linux'],
    [`(X11; CrOS x86_64 14541.0.0) ${webkit} Chrome/138.0.0.0 Safari/537.36`, 'Chrome on ChromeOS'],
    [`(X11; Linux x86_64) ${webkit} HeadlessChrome/138.0.0.0 Safari/537.36`, 'Chrome on Linux'],
  ]
  for (const [rest, name] of cases) t.equal(deviceNameOf(`Mozilla/5.0 ${rest}`), name, rest)
})

t.test('what is no known browser stays as it is', async (t) => {
  t.equal(deviceNameOf('curl/8.9.1'), 'curl/8.9.1')
  t.equal(deviceNameOf(' A program of ours (Linux) '), 'A program of ours (Linux)')
  t.equal(deviceNameOf('Mozilla/5.0 Firefox/140.0'), 'Firefox')
  for (const nothing of ['', '  ']) t.equal(deviceNameOf(nothing), 'Unknown device')
})

t.test('a hostile User-Agent costs no time', async (t) => {
  const long = `${'Version/1.1 '.repeat(20)}Safari`
  t.equal(deviceNameOf(long), long)
})
