import { X509Certificate } from 'node:crypto'
import { pemFaults } from '../config/pem-faults.js'
import type { ProviderConfig } from '../config/schema.js'
import { certificateThumbprint } from '../config/thumbprints.js'
import type { JsonObject } from '../json-object.js'
import { createFileContent } from './file-content.js'
import type { Logger } from './logger.js'

/** What a connection to the provider trusts and shows, in PEM; the same object until a file changes. */
export interface ProviderTls {
  /** Instead of the system's authorities. */
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  /** The certificates by which the provider knows the client, where it knows them one by one, as JWKs. */
  readonly registered: readonly JsonObject[]
}

/** Reads the TLS files of a provider as they are now. Throws OidcError ERR_PROVIDER_CONFIGURATION. */
export function createProviderTls(
  { tls = {}, clientAuthentication }: ProviderConfig,
  logger: Logger,
): () => Promise<ProviderTls> {
  const { caFile, certFile, keyFile } = tls
  const files = [caFile, certFile, keyFile].filter((file) => file !== undefined)
  if (files.length === 0) {
    const nothing: ProviderTls = { registered: [] }
    return async () => nothing
  }
  return createFileContent<ProviderTls>({
    what: 'TLS of the provider',
    files,
    parse(texts) {
      const textOf = (file: string | undefined) =>
        file === undefined ? undefined : texts[files.indexOf(file)]
      const [ca, cert, key] = [textOf(caFile), textOf(certFile), textOf(keyFile)]
      const [fault] = pemFaults({ caFile: ca, certFile: cert, keyFile: key })
      if (fault !== undefined) return { fault: fault.join(' ') }
      if (clientAuthentication !== 'self_signed_tls_client_auth' || cert === undefined) {
        return { content: { ca, cert, key, registered: [] } }
      }
      // Those behind the first are to be registered, for a rotation; they are no chain.
      const all = certificatesIn(cert)
      return { content: { ca, cert: all[0], key, registered: all.map(certificateJwk) } }
    },
    logger,
  })
}

/** A certificate as a provider that knows it by a JWKS wants it (RFC 8705 §2.2.2). */
function certificateJwk(pem: string): JsonObject {
  const certificate = new X509Certificate(pem)
  const thumbprint = certificateThumbprint(certificate)
  return {
    ...certificate.publicKey.export({ format: 'jwk' }),
    kid: thumbprint,
    'x5t#S256': thumbprint,
    x5c: [certificate.raw.toString('base64')],
  }
}

function certificatesIn(pem: string): readonly string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g) ?? []
}
