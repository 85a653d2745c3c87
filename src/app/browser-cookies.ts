import type { Logger } from 'pino'
import type { Config } from '../config/schema.js'
import { createCookieWriter, pendingLoginLifetimeMs } from '../http/cookie-writer.js'
import { createCookieNames } from '../http/cookies.js'
import type { EndpointContext } from '../http/endpoint-context.js'
import { createKeptForms } from '../http/kept-forms.js'
import { createLastProvider } from '../http/last-provider.js'
import { createLoginTrail } from '../http/login-trail.js'
import { createPendingLogins } from '../http/pending-logins.js'
import { createReturnState } from '../http/return-state.js'
import type { KeyRing } from '../session/key-ring.js'
import type { SessionStore } from '../session/session-store.js'

/** What browsers keep for Valetkey: the ticket, and whatever lasts for a login. */
export type BrowserCookies = Pick<
  EndpointContext,
  | 'cookieNames'
  | 'cookieWriter'
  | 'cookieSetup'
  | 'pendingLogins'
  | 'loginTrail'
  | 'lastProvider'
  | 'keptForms'
>

export function createBrowserCookies(
  config: Config,
  { keyRing, store, logger }: { keyRing: KeyRing; store: SessionStore; logger: Logger },
): BrowserCookies {
  const { domain, sameSite } = config.session.cookie
  const formPost = config.providers.some(({ responseMode }) => responseMode.startsWith('form_post'))
  const names = createCookieNames({ publicUrl: config.publicUrl, domain })
  const writer = createCookieWriter({
    names,
    domain,
    sameSite,
    lifetimeMs: config.session.lifetime,
    formPost,
    onOversized: (cookie, octets) => logger.warn({ cookie, octets }, 'cookie too large to be kept'),
  })
  return {
    cookieNames: names,
    cookieWriter: writer,
    cookieSetup: {
      publicUrl: new URL(config.publicUrl),
      secure: names.secure,
      domain,
      sameSite,
      formPost,
      loginLifetimeMs: pendingLoginLifetimeMs,
      inMemory: config.session.store === 'memory',
    },
    pendingLogins: createPendingLogins({
      keyRing,
      names,
      writer,
      returnState: createReturnState(keyRing),
    }),
    lastProvider: createLastProvider({ names, writer }),
    loginTrail: createLoginTrail({ names, writer }),
    keptForms: createKeptForms({ keyRing, names, writer, store: store.forms }),
  }
}
