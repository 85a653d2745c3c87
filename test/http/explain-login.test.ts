import t from 'tap'
import {
  type CookieSetup,
  explainLoop,
  explainLostLogin,
  type LoginLoop,
  type LostLogin,
} from '../../src/http/explain-login.js'

const now = Date.UTC(2026, 0, 1)
const minute = 60_000
const setup: CookieSetup = {
  publicUrl: new URL('https://app.example.com'),
  secure: true,
  domain: null,
  sameSite: 'lax',
  formPost: false,
  loginLifetimeMs: 10 * minute,
  inMemory: false,
}
const beginning = { at: now - 5000, host: 'app.example.com' } as const

function causesOf(lost: Partial<LostLogin>): string[] {
  const whole: LostLogin = {
    setup,
    beginning,
    now,
    method: 'GET',
    cookieHeader: undefined,
    came: false,
    otherLogins: 0,
    ...lost,
  }
  return explainLostLogin(whole).map(({ code }) => code)
}

t.test('a lost login cookie is explained by what is known of the request', async (t) => {
  t.same(causesOf({}), ['cookies_blocked'])
  t.same(causesOf({ cookieHeader: 'theme=dark' }), ['cookie_cleared'])
  t.same(causesOf({ beginning: { ...beginning, at: now - 12 * minute } }), ['login_expired'])
  t.same(causesOf({ beginning: { ...beginning, at: now + 2 * minute } }), ['clocks_differ'])
  t.same(causesOf({ came: true }), ['login_used'])
  t.same(causesOf({ otherLogins: 4, cookieHeader: 'a=b' }), ['too_many_logins'])
  t.same(causesOf({ cookieHeader: `a=${'x'.repeat(8000)}` }), ['cookies_too_large'])
})

t.test('a lost login cookie is explained by where the login began', async (t) => {
  const begunAt = (host: string) => ({ beginning: { ...beginning, host } })
  t.same(causesOf(begunAt('www.example.com')), ['begun_at_other_host'])
  t.same(causesOf(begunAt('APP.example.com:443')), ['cookies_blocked'], 'ports do not matter')
  const shared = { ...setup, domain: 'example.com' }
  t.same(causesOf({ setup: shared, ...begunAt('www.example.com') }), ['cookies_blocked'])
  t.same(causesOf({ setup: shared, ...begunAt('app.example.net') }), ['begun_at_other_host'])
  const overHttp = { beginning: { ...beginning, scheme: 'http' } } as const
  t.same(causesOf(overHttp), ['begun_over_http'])
  t.same(causesOf({ ...overHttp, setup: { ...setup, secure: false } }), ['cookies_blocked'])
})

t.test('an answer by POST that nobody asked for is recognized', async (t) => {
  t.same(causesOf({ method: 'POST' }), ['unexpected_form_post'])
  t.same(causesOf({ method: 'POST', setup: { ...setup, formPost: true } }), ['cookies_blocked'])
})

t.test('a loop is explained by what came of the session', async (t) => {
  const loop = (lost: Partial<LoginLoop>) =>
    explainLoop({
      setup,
      returnTo: '/',
      beginning,
      cookieHeader: 'a=b',
      previous: 'not-sent',
      ...lost,
    }).map(({ code }) => code)
  t.same(loop({}), ['session_cookie_refused'])
  t.same(loop({ previous: 'unknown' }), ['session_unknown'])
  t.same(loop({ previous: 'live' }), ['asked_again'])
  t.same(loop({ previous: 'withheld' }), ['asked_again'])
  const inMemory = { ...setup, inMemory: true }
  t.same(loop({ previous: 'live', setup: inMemory }), ['sessions_in_memory', 'asked_again'])
  t.same(loop({ setup: { ...setup, sameSite: 'none' } }), ['third_party_cookie'])
  t.same(loop({ cookieHeader: `a=${'x'.repeat(8000)}` }), ['cookies_too_large'])
  const elsewhere = { returnTo: 'https://other.example.com/', previous: 'live' } as const
  t.same(loop(elsewhere), ['returns_to_other_host'])
  t.same(loop({ ...elsewhere, setup: { ...setup, domain: 'example.com' } }), ['asked_again'])
  t.same(loop({ beginning: { ...beginning, scheme: 'http' } }), ['begun_over_http'])
})
