import type { Test } from 'tap'
import type { ProviderConfig } from '../../src/config/schema.js'
import { createRelyingParty, type RelyingParty } from '../../src/oidc/relying-party.js'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { providerConfig } from '../helpers/provider-config.js'
import { signInAtProvider, startProvider, type TestProviderOptions } from '../helpers/provider.js'
import { redirectUri } from './hostile-login.js'

export const neededClaims = ['email', 'groups']
export const logger = { info() {}, warn() {} }

/** A real provider and its relying party. */
export async function setUp(
  t: Test,
  settings: Partial<ProviderConfig> = {},
  options: TestProviderOptions = {},
) {
  const provider = await startProvider({
    redirectUris: [redirectUri],
    postLogoutRedirectUris: ['http://127.0.0.1:9/'],
    ...options,
  })
  t.teardown(() => provider.stop())
  const config = providerConfig({ issuer: provider.issuer, ...settings })
  const party = createRelyingParty(config, { neededClaims, logger })
  t.teardown(() => party.stop())
  return { provider, party, config }
}

/** Signs a person in through the pages of the provider. */
export async function signIn(party: RelyingParty, login = 'alice', browser = createJarFetch()) {
  const { url, transaction } = await party.beginLogin({ redirectUri, now: Date.now() })
  const callback = new URL(await signInAtProvider(browser, url, login))
  const answer = { redirectUri, parameters: callback.searchParams, transaction, now: Date.now() }
  return { browser, answer, result: await party.finishLogin(answer) }
}
