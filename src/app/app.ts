import type { Logger } from 'pino'
import { createAdmin, type Unreadiness } from '../admin/admin.js'
import { issuersOf } from '../config/issuer-template.js'
import type { Config } from '../config/schema.js'
import { createMalformedAnswers } from '../http/malformed-requests.js'
import { createAssertions } from './assertions.js'
import { createExtAuthz } from './ext-authz.js'
import { drainServer } from './drain-server.js'
import { createKeyRing, createSessionKey } from '../session/key-ring.js'
import { monotonicClock } from '../session/monotonic-clock.js'
import { createMetrics } from '../telemetry/metrics.js'
import { createRequestIds } from '../telemetry/request-id.js'
import { followCertificateFiles, readCertificate } from './certificate-files.js'
import { checkReachable, type OnlineFindings } from './check-reachable.js'
import { listenOn } from './listen.js'
import { providerReadiness } from './provider-readiness.js'
import { createProviders } from './providers.js'
import { createPublicServer } from './public-server.js'
import { followSessionKeysFile } from './session-keys-file.js'
import { openSessions } from './sessions.js'

/** A whole Valetkey, ready to listen. */
export interface App {
  /** Opens the public and the admin listener and gives their addresses as URLs. Starts the discovery. */
  listen(): Promise<{ readonly url: string; readonly adminUrl: string }>
  /** Calls back when the first client connects to the public listener. */
  onFirstConnection(act: () => void): void
  /** Turns readiness off, while everything goes on being served. */
  startDraining(): void
  /** Lets requests under way finish, then lets go of everything. */
  close(): Promise<void>
  /** Tries whatever the configuration names; gives what cannot be reached, and what works dubiously. */
  checkOnline(): Promise<OnlineFindings>
}

/**
 * Joins the rooms. It needs neither the provider nor the session store to be there: both are tried in
 * the background, and readiness tells of what is missing.
 */
export async function createApp(
  config: Config,
  {
    logger,
    clock = Date.now,
    monotonic = monotonicClock,
  }: { logger: Logger; clock?: () => number; monotonic?: () => number },
): Promise<App> {
  const metrics = createMetrics()
  const { keys = [createSessionKey()], keysFile } = config.session
  const keyRing = createKeyRing(keys)
  const providers = createProviders(config, { logger, clock })
  const opened = await openSessions(config, {
    keyRing,
    providers,
    metrics,
    logger,
    clock,
    monotonic,
  })
  const { store, sessions, storeWarnings } = opened
  const assertions = createAssertions(config, { keyRing, store, logger, clock })
  const certificate = config.tls && readCertificate(config.tls)
  const { server, createCheck } = await createPublicServer(config, {
    certificate,
    assertions,
    keyRing,
    providers,
    store,
    sessions,
    metrics,
    logger,
    clock,
  })

  const extAuthz = await createExtAuthz(config.extAuthz.listen, { createCheck, logger })

  let draining = false
  const stopFollowing: (() => void)[] = []
  async function unreadiness(): Promise<Unreadiness[]> {
    const reasons: Unreadiness[] = []
    if (draining) reasons.push({ component: 'process', reason: 'shutting down' })
    reasons.push(...providerReadiness(providers).reasons)
    const state = await sessions.readiness()
    if (!state.ready) reasons.push({ component: 'session store', reason: state.reason })
    const signing = assertions.readiness(clock())
    if (!signing.ready) reasons.push({ component: 'identity assertion', reason: signing.reason })
    return reasons
  }
  const warnings = () => [
    ...providerReadiness(providers).warnings,
    ...storeWarnings.current().map((reason) => ({ component: 'session store', reason })),
  ]
  metrics.watchReadiness(async () => (await unreadiness()).length === 0)
  metrics.watchSessionCache(() => ({ bytes: sessions.cache.bytes, sessions: sessions.cache.size }))
  const admin = createAdmin({
    logger,
    unreadiness,
    warnings,
    metrics,
    sessions: {
      token: config.admin.token,
      inventory: sessions,
      issuers: [...new Set(config.providers.flatMap(issuersOf))],
      onRevoked(ended, what) {
        for (let each = 0; each < ended; each++) metrics.sessionEnded('revoked')
        logger.info({ ...what, ended }, 'sessions revoked by an operator')
      },
    },
    answerMalformed: createMalformedAnswers({ logger, newRequestId: createRequestIds() }),
  })

  return {
    async listen() {
      const adminUrl = await listenOn(admin, config.admin.listen)
      const url = await listenOn(server, config.listen)
      await extAuthz?.listen()
      for (const provider of providers.values()) provider.start()
      assertions.start()
      if (keysFile !== undefined) {
        stopFollowing.push(followSessionKeysFile({ file: keysFile, keyRing, keys, logger }))
      }
      if (config.tls && certificate) {
        const following = { files: config.tls, certificate, server: server.server, logger }
        stopFollowing.push(followCertificateFiles(following))
      }
      return { url, adminUrl }
    },
    onFirstConnection: (act) => void server.server.once('connection', act),
    startDraining() {
      draining = true
    },
    async close() {
      for (const stop of stopFollowing.splice(0)) stop()
      // Together: a WebSocket keeps the server open until closing the forwarder ends it.
      await Promise.all([drainServer(server.server), server.close(), extAuthz?.close()])
      assertions.stop()
      // Before the providers: a refresh under way may have used up the old refresh token.
      await sessions.close()
      for (const provider of providers.values()) provider.stop()
      await admin.close()
    },
    checkOnline: () => checkReachable(config, { providers, sessions, storeWarnings }),
  }
}
