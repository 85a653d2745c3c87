import type { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, RequestListener } from 'node:http'
import { createServer, type Server } from 'node:https'
import { TLSSocket } from 'node:tls'

/** What a provider that asks for client certificates has: its own certificate, and the authority that it trusts. */
export interface ProviderTls {
  readonly certFile: string
  readonly keyFile: string
  readonly caFile: string
}

/** How clients may authenticate themselves at a provider that asks for certificates. */
export const mtlsMethods = [
  'client_secret_basic' as const,
  'private_key_jwt' as const,
  'tls_client_auth' as const,
  'self_signed_tls_client_auth' as const,
  'none' as const,
]

/** The feature of oidc-provider, with the certificates of the connection itself (RFC 8705). */
export const mtlsFeature = {
  enabled: true as const,
  certificateBoundAccessTokens: true as const,
  tlsClientAuth: true as const,
  selfSignedTlsClientAuth: true as const,
  getCertificate: ({ req }: { req: IncomingMessage }) => certificateOf(req),
  certificateAuthorized: ({ req }: { req: IncomingMessage }) =>
    req.socket instanceof TLSSocket && req.socket.authorized,
  certificateSubjectMatches: ({ req }: { req: IncomingMessage }, property: string, name: string) =>
    property === 'tls_client_auth_san_dns' && certificateOf(req)?.checkHost(name) !== undefined,
}

function certificateOf({ socket }: IncomingMessage): X509Certificate | undefined {
  return socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
}

/** A listener that asks for a certificate and takes any, for the provider to judge. */
export async function startMtlsListener(tls: ProviderTls, onRequest: RequestListener) {
  const server: Server = createServer(
    {
      cert: readFileSync(tls.certFile),
      key: readFileSync(tls.keyFile),
      ca: readFileSync(tls.caFile),
      requestCert: true,
      rejectUnauthorized: false,
    },
    onRequest,
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  return {
    url: `https://127.0.0.1:${address.port}`,
    async close(): Promise<void> {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Where the endpoints of oidc-provider are for a client with a certificate. */
export const mtlsAliases = (url: string) => ({
  mtls_endpoint_aliases: {
    token_endpoint: `${url}/token`,
    userinfo_endpoint: `${url}/me`,
    revocation_endpoint: `${url}/token/revocation`,
    pushed_authorization_request_endpoint: `${url}/request`,
  },
})
