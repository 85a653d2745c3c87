import type { ProviderConfig } from '../config/schema.js'
import { createClientAuthentication } from './client-authentication.js'
import { createClientCredentials, type ClientCredentials } from './client-credentials.js'
import { createDiscovery, type Discovery } from './discovery.js'
import { createProxyChoice } from './egress-proxy.js'
import { OidcError } from './errors.js'
import type { IdTokenRules } from './id-token.js'
import { createKeySet, type KeySet } from './key-set.js'
import type { Logger } from './logger.js'
import { createOpenCall, type OpenCall } from './provider-client.js'
import {
  askForAnswer,
  createProviderHttp,
  fetchMetadata,
  type ProviderHttp,
} from './provider-http.js'
import { createProviderTls } from './provider-tls.js'
import {
  discoveryUrl,
  validateProviderMetadata,
  type ProviderMetadata,
} from './provider-metadata.js'
import { fetchPublishedKeys } from './published-keys.js'
import { createReachability, type Reachability } from './reachability.js'

/** A provider as the relying party sees it: how to call it, and what to believe of it. */
export interface Provider {
  readonly config: ProviderConfig
  /** The claims that the configuration reads. */
  readonly neededClaims: readonly string[]
  readonly logger: Logger
  readonly http: ProviderHttp
  readonly open: OpenCall
  readonly credentials: ClientCredentials
  readonly discovery: Discovery
  readonly keys: KeySet
  /** Whether it answers just now. */
  readonly reachability: Reachability
  /** The metadata, waiting for them if need be; throws OidcError ERR_PROVIDER_UNAVAILABLE. */
  metadata(): Promise<ProviderMetadata>
  idTokenRules(metadata: ProviderMetadata): IdTokenRules
  /** The issuer as its metadata have it, before they are known as it is configured. */
  issuer(): string
  close(): void
}

const metadataRefreshMs = 3_600_000

/** Prepares a provider without calling it. Throws OidcError ERR_PROVIDER_CONFIGURATION. */
export function createProvider(
  config: ProviderConfig,
  options: {
    readonly neededClaims: readonly string[]
    readonly logger: Logger
    readonly now: () => number
    /** Of which HTTPS_PROXY, HTTP_PROXY and NO_PROXY count. */
    readonly env: NodeJS.ProcessEnv
  },
): Provider {
  const { neededClaims, logger, now, env } = options
  const readTls = createProviderTls(config, logger)
  const http = createProviderHttp({
    issuer: config.issuer,
    discoveryUrl: config.discoveryUrl,
    allowInsecureIssuer: config.allowInsecureIssuer,
    timeoutMs: config.timeout,
    readTls,
    proxyFor: createProxyChoice(env),
  })
  const credentials = createClientCredentials(config, { readTls, logger })
  const authentication = createClientAuthentication(config, credentials, now)
  const open = createOpenCall(config, http, { authentication, logger })
  const discovery = createDiscovery({
    load: async () => {
      const url = discoveryUrl(config)
      const document = await fetchMetadata(http, url)
      reachability.noteAnswer()
      return validateProviderMetadata(document, config)
    },
    issuer: config.issuer,
    logger,
    refreshIntervalMs: metadataRefreshMs,
  })
  const keys = createKeySet({
    load: async (known) => {
      const { jwksUri } = await metadata()
      return fetchPublishedKeys(http, jwksUri, known)
    },
    now,
  })

  const reachability = createReachability({
    async ask() {
      if (discovery.current() === undefined) await metadata()
      else await askForAnswer(http, discoveryUrl(config))
    },
    now,
  })

  async function metadata(): Promise<ProviderMetadata> {
    try {
      return await discovery.available()
    } catch (cause) {
      throw new OidcError(
        'ERR_PROVIDER_UNAVAILABLE',
        `the provider "${config.id}" is not discovered: ${discovery.lastFailure()}`,
        { cause },
      )
    }
  }

  return {
    config,
    neededClaims,
    logger,
    http,
    open,
    credentials,
    discovery,
    keys,
    reachability,
    metadata,
    issuer: () => discovery.current()?.issuer ?? config.issuer,
    idTokenRules: ({ issuer, idTokenAlgorithms }) => ({
      keys,
      algorithms: idTokenAlgorithms,
      clientSecrets: credentials.secrets.read,
      issuer,
      tenants: config.tenants,
      clientId: config.clientId,
      trustedAudiences: config.trustedAudiences,
      clockToleranceMs: config.clockTolerance,
      maxAgeMs: config.maxIdTokenAge,
    }),
    close() {
      discovery.stop()
      void http.close()
    },
  }
}
