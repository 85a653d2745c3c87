import { randomUUID } from 'node:crypto'
import {
  ClientSecretBasic,
  ClientSecretPost,
  None,
  TlsClientAuth,
  type ClientMetadata,
  type ServerMetadata,
} from 'openid-client'
import type { ProviderConfig } from '../config/schema.js'
import type { ClientCredentials } from './client-credentials.js'
import type { ClientSigner } from './client-signer.js'
import { OidcError } from './errors.js'

/** Writes into the form or the headers of a request who the client is. */
type WriteProof = (
  server: ServerMetadata,
  client: ClientMetadata,
  form: URLSearchParams,
  headers: Headers,
) => void | Promise<void>

/** One way to prove who the client is. */
export interface ClientProof {
  readonly write: WriteProof
  /** The provider took it. */
  readonly onAccepted?: () => void
}

/** The proofs to try, the next one when the provider refuses the client for the one before. */
export type ClientAuthentication = () => Promise<readonly [ClientProof, ...ClientProof[]]>

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const assertionLifetimeSeconds = 60

/**
 * How the client authenticates itself at every endpoint that asks for it (Core §9, RFC 6749 §2.3, RFC 7523 §2.2). Throws
 * OidcError ERR_PROVIDER_CONFIGURATION when it lacks what its method needs.
 */
export function createClientAuthentication(
  config: ProviderConfig,
  { secrets, signer, assertion }: ClientCredentials,
  now: () => number,
): ClientAuthentication {
  const { clientAuthentication: method, clientSecret, clientSecretFile } = config
  const missing = (what: string): OidcError =>
    new OidcError(
      'ERR_PROVIDER_CONFIGURATION',
      `provider "${config.id}" has no ${what}, which ${method} needs`,
    )

  switch (method) {
    case 'none':
      return async () => [{ write: None() }]
    case 'private_key_jwt': {
      if (signer === undefined) throw missing('clientKeyFile')
      const write = assertionWriter((server) => signAssertion(signer, config, server, now()))
      return async () => [{ write }]
    }
    case 'federated_assertion': {
      if (assertion === undefined) throw missing('clientAssertionFile')
      return async () => [{ write: assertionWriter(assertion) }]
    }
    // Who the client is, the connection shows (RFC 8705 §2).
    case 'tls_client_auth':
    case 'self_signed_tls_client_auth': {
      if (config.tls?.certFile === undefined) throw missing('tls.certFile')
      return async () => [{ write: TlsClientAuth() }]
    }
    case 'client_secret_basic':
    case 'client_secret_post': {
      if (clientSecret === undefined && clientSecretFile === undefined) {
        throw missing('client secret')
      }
      const writer = method === 'client_secret_basic' ? ClientSecretBasic : ClientSecretPost
      const proofOf = (secret: string): ClientProof => ({
        write: writer(secret),
        onAccepted: () => secrets.accepted(secret),
      })
      return async () => {
        const [first, ...others] = await secrets.inOrder()
        return [proofOf(first), ...others.map(proofOf)]
      }
    }
  }
}

/** Sends an assertion, a new one with each request (RFC 7523 §3: `jti` is used once). */
function assertionWriter(make: (server: ServerMetadata) => Promise<string>): WriteProof {
  return async (server, client, form) => {
    form.set('client_id', client.client_id)
    form.set('client_assertion_type', assertionType)
    form.set('client_assertion', await make(server))
  }
}

function signAssertion(
  signer: ClientSigner,
  { clientId, clientAssertionAudience }: ProviderConfig,
  { issuer, token_endpoint: tokenEndpoint = issuer }: ServerMetadata,
  now: number,
): Promise<string> {
  const issuedAt = Math.floor(now / 1000)
  return signer.sign({
    iss: clientId,
    sub: clientId,
    // One audience, as a single text: what signs in here must not do so elsewhere (FAPI 2.0 §5.3.3.1).
    aud: clientAssertionAudience === 'issuer' ? issuer : tokenEndpoint,
    jti: randomUUID(),
    iat: issuedAt,
    exp: issuedAt + assertionLifetimeSeconds,
  })
}
