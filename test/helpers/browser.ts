import { existsSync } from 'node:fs'
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Cookie,
  type Page,
} from 'playwright-core'
import type { Test } from 'tap'

/** Chromium without a screen, and the whole of it, which takes twice the time for the same. */
const executablePaths = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium']

/** Starts a real Chromium, which ends with the test; `hosts` are names of this machine to it. */
export async function launchBrowser(
  t: Pick<Test, 'teardown'>,
  { hosts = [] }: { readonly hosts?: readonly string[] } = {},
): Promise<Browser> {
  const rules = hosts.map((host) => `MAP ${host} 127.0.0.1`).join(', ')
  const browser = await chromium.launch({
    executablePath: executablePaths.find(existsSync) ?? '',
    args: ['--no-sandbox', ...(rules === '' ? [] : [`--host-resolver-rules=${rules}`])],
  })
  t.teardown(() => browser.close())
  return browser
}

/** A browser profile of its own: nobody is signed in anywhere, and no cookie is kept. */
export async function openProfile(
  t: Pick<Test, 'teardown'>,
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  const profile = await browser.newContext(options)
  profile.setDefaultTimeout(15_000)
  t.teardown(() => profile.close())
  return profile
}

/** Fills in the form of the test provider, which the tab shows, and sends it. */
export async function signInHere(page: Page, login: string): Promise<void> {
  await page.getByLabel('Login').fill(login)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** An answer that a tab got, redirects included. */
export interface TabAnswer {
  readonly url: string
  readonly status: number
  /** `X-Valetkey-Answer`; undefined when the application answered. */
  readonly answer: string | undefined
  readonly setCookie: string | undefined
}

/** What happened in a tab since it was watched, oldest first. */
export interface Journey {
  readonly answers: readonly TabAnswer[]
  /** The addresses that the tab showed. */
  readonly addresses: readonly string[]
}

/** Writes down what a tab asks for and shows from now on. */
export function watchTab(page: Page): Journey {
  const answers: TabAnswer[] = []
  const addresses: string[] = []
  page.on('response', (response) => {
    const headers = response.headers()
    answers.push({
      url: response.url(),
      status: response.status(),
      answer: headers['x-valetkey-answer'],
      setCookie: headers['set-cookie'],
    })
  })
  page.on('framenavigated', (frame) => {
    if (frame === page.mainFrame()) addresses.push(frame.url())
  })
  return { answers, addresses }
}

/** Valetkey's cookies as the browser stored them, but for the count of logins that stays behind them. */
export async function ownCookies(profile: BrowserContext): Promise<Cookie[]> {
  const cookies = await profile.cookies()
  return cookies.filter(({ name }) => name.includes('valetkey') && !name.endsWith('-trail'))
}

/** The page's request to the application's JSON, as a script of the page makes it. */
export function fetchHere(page: Page, path: string) {
  return page.evaluate(async (address) => {
    const response = await fetch(address)
    return {
      status: response.status,
      redirected: response.redirected,
      type: response.headers.get('content-type'),
      answer: response.headers.get('x-valetkey-answer'),
      body: await response.text(),
    }
  }, path)
}
