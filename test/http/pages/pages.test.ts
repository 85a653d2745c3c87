import t from 'tap'
import { confirmSignInPage } from '../../../src/http/pages/confirm-sign-in-page.js'
import { confirmSignOutPage } from '../../../src/http/pages/confirm-sign-out-page.js'
import { continuePage } from '../../../src/http/pages/continue-page.js'
import { errorPage } from '../../../src/http/pages/error-page.js'
import { forbiddenPage } from '../../../src/http/pages/forbidden-page.js'
import type { Page } from '../../../src/http/pages/layout.js'
import { otherProviderPage } from '../../../src/http/pages/other-provider-page.js'
import { providerAwayPage } from '../../../src/http/pages/provider-away-page.js'
import { sessionsPage } from '../../../src/http/pages/sessions-page.js'
import { signInPage } from '../../../src/http/pages/sign-in-page.js'
import { signOutAtProviderPage } from '../../../src/http/pages/sign-out-at-provider-page.js'
import { signedOutPage } from '../../../src/http/pages/signed-out-page.js'
import { stepUpFailedPage } from '../../../src/http/pages/step-up-failed-page.js'
import { style } from '../../../src/http/pages/style.js'
import { findProblem } from '../../../src/http/problem.js'

/** Every page, with the same text wherever a text from outside goes. */
function pagesWith(text: string): Record<string, Page> {
  const host = text
  return {
    signIn: signInPage({
      host,
      providers: [
        { name: text, href: text },
        { name: text, href: text },
      ],
    }),
    signInByEmail: signInPage({
      host,
      providers: [
        { name: text, href: text, isLast: true },
        { name: text, href: text },
      ],
      email: { action: text, fields: [[text, text]], value: text, fault: text },
    }),
    otherProvider: otherProviderPage({
      host,
      person: text,
      present: text,
      choices: [{ name: text, href: text }],
      requestId: text,
    }),
    providerAway: providerAwayPage({
      host,
      providerName: text,
      retries: { at: text, afterSeconds: 5 },
      othersHref: text,
      requestId: text,
    }),
    signInOnly: signInPage({ host, providers: [{ name: text, href: text }] }),
    error: errorPage({
      host,
      problem: findProblem('ERR_INTERNAL'),
      requestId: text,
      actions: [
        { label: text, href: text },
        { label: text, post: text, fields: { [text]: text } },
      ],
    }),
    forbidden: forbiddenPage({
      host,
      person: text,
      signOutPath: text,
      returnTo: text,
      requestId: text,
    }),
    stepUpFailed: stepUpFailedPage({ host, person: text, againHref: text, requestId: text }),
    sessions: sessionsPage({
      host,
      person: text,
      sessions: [true, false].map((isCurrent) => ({
        key: text,
        createdAt: 0,
        lastActiveAt: 0,
        userAgent: text,
        clientAddress: text,
        isCurrent,
      })),
      isIncomplete: true,
      sessionsPath: text,
      signOutPath: text,
      now: 0,
    }),
    signedOut: signedOutPage({ host, signInHref: text, providerStillSignedIn: text }),
    confirm: confirmSignOutPage({ host, signOutPath: text, returnTo: text }),
    confirmSignIn: confirmSignInPage({
      host,
      person: text,
      providerName: text,
      signIn: { post: text, fields: { [text]: text } },
      stayHref: text,
    }),
    continue: continuePage({ host, to: text }),
    signOutAtProvider: signOutAtProviderPage({
      host,
      url: new URL(`https://idp.example/end?x=${encodeURIComponent(text)}`),
      providerName: text,
    }),
  }
}

t.test('B16-11 no text from outside becomes markup on any page', async (t) => {
  const hostile = `"'><script src=//evil.example></script><img onerror=x>&amp;\0`
  for (const [name, { markup }] of Object.entries(pagesWith(hostile))) {
    t.notMatch(markup, /<script|<img/i, name)
    const tags = markup.replace(/"[^"]*"/g, '""').match(/<[a-z][^>]*>/gi) ?? []
    for (const tag of tags) t.notMatch(tag, /\son\w+\s*=|evil|'/i, name)
    t.match(markup, '&lt;script', name)
  }
})

t.test('no link leads to a script', async (t) => {
  for (const [name, { markup }] of Object.entries(pagesWith('javascript:alert(1)'))) {
    t.notMatch(markup, /(?:href="|action="|url=)javascript/i, name)
  }
})

t.test('every page can be read by a screen reader and holds no script', async (t) => {
  for (const [name, { markup, hasForm }] of Object.entries(pagesWith('plain'))) {
    t.match(markup, /^<!doctype html>\s*<html lang="en">/, name)
    t.match(markup, /<meta name="viewport" content="width=device-width, initial-scale=1" \/>/, name)
    t.match(markup, /<title>[^<]+ &middot; plain<\/title>/, name)
    for (const once of ['<h1>', '<main>', '<header>', '<title>', '<style>']) {
      t.equal(markup.split(once).length, 2, `${name} has one ${once}`)
    }
    t.notMatch(markup, /<script|\sstyle=|\son\w+=|<link|<iframe|@import|url\(/i, name)
    t.equal(hasForm, markup.includes('<form'), name)
    for (const svg of markup.match(/<svg[^>]*>/g) ?? []) t.match(svg, 'aria-hidden="true"', name)
  }
})

t.test('the chooser names its list of ways; a single provider needs no choice', async (t) => {
  const { signIn, signInOnly } = pagesWith('Corp')
  t.match(signIn?.markup, '<nav aria-label="Ways to sign in">')
  t.match(signInOnly?.markup, 'Continue with Corp')
  t.notMatch(signInOnly?.markup, '<nav')
})

t.test('RPL-2 the signed-out page warns of the session that may continue', async (t) => {
  const host = 'app.example.com'
  t.match(
    signedOutPage({ host, signInHref: '/', providerStillSignedIn: 'Corp' }).markup,
    /<strong>Corp<\/strong> may\s+continue/,
  )
  t.notMatch(signedOutPage({ host, signInHref: '/' }).markup, 'may continue')
})

t.test('RPL-4 signing out is asked for by a POST', async (t) => {
  const { markup } = confirmSignOutPage({ host: 'h', signOutPath: '/o/sign_out', returnTo: '/a' })
  t.match(markup, '<form method="post" action="/o/sign_out">')
  t.match(markup, '<input type="hidden" name="rd" value="/a" />')
  const without = confirmSignOutPage({ host: 'h', signOutPath: '/s', returnTo: undefined })
  t.notMatch(without.markup, '<input')
})

t.test(
  'text stands out against its ground by 4.5 to 1, in light and in dark (WCAG AA)',
  async (t) => {
    const [light = '', dark = ''] = style.split('@media (prefers-color-scheme: dark)')
    const pairs = [
      ['ink', 'card'],
      ['soft', 'card'],
      ['soft', 'ground'],
      ['soft', 'glow'],
      ['ink', 'ground'],
      ['on-accent', 'accent'],
      ['on-accent', 'accent-hover'],
      ['accent', 'tint'],
    ] as const
    const icons = [
      ['calm', 'calm-tint'],
      ['warn', 'warn-tint'],
      ['stop', 'stop-tint'],
      ['accent', 'card'],
    ] as const
    for (const [scheme, css] of [
      ['light', light],
      ['dark', dark],
    ] as const) {
      const colour = (name: string) => new RegExp(`--${name}: (#[0-9a-f]{6})`).exec(css)?.[1] ?? ''
      const check = (text: string, ground: string, least: number) => {
        const ratio = contrast(colour(text), colour(ground))
        t.ok(ratio >= least, `${scheme}: ${text} on ${ground} has ${ratio.toFixed(2)}`)
      }
      for (const [text, ground] of pairs) check(text, ground, 4.5)
      for (const [shape, ground] of icons) check(shape, ground, 3)
    }
  },
)

function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b)
  return (lighter + 0.05) / (darker + 0.05)
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
