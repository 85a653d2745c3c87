import type { ClientMetadata, FetchBody, ServerMetadata } from 'openid-client'
import { parseJsonObject } from '../json-object.js'
import type { ClientAuthentication } from './client-authentication.js'
import { parseProviderError } from './errors.js'

/** What came back over the wire, before anybody judged it. */
export interface Received {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** A request as openid-client makes it. */
export interface ClientRequest {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body: FetchBody
}

/** The two ends of a call between which openid-client stands. */
export interface AuthenticatedSend {
  /** What openid-client calls for a request that has to be authenticated. */
  authenticate(server: ServerMetadata, client: ClientMetadata): void
  /** Sends a request, authenticated if it has to be; throws what `transmit` throws, or no proof can be had. */
  send(url: string, request: ClientRequest): Promise<Received>
}

/**
 * Authenticates the requests of one call, which are made one after another. Where the provider refuses the client, the
 * next proof is tried. That is safe: who the client is is told before anything else, so that a request which was refused
 * for it has used up no code and no refresh token.
 */
export function createAuthenticatedSend(options: {
  readonly authentication: ClientAuthentication
  readonly transmit: (url: string, request: ClientRequest) => Promise<Received>
  /** Replaces in the headers of a request that was refused what may be sent once only. */
  readonly renew: (headers: Headers) => Promise<void>
  /** There was no other proof to try. */
  readonly onRefused: (url: string, status: number) => void
}): AuthenticatedSend {
  const { authentication, transmit, renew, onRefused } = options
  let asked: readonly [ServerMetadata, ClientMetadata] | undefined

  async function sendWithProof(
    url: string,
    request: ClientRequest,
    parties: readonly [ServerMetadata, ClientMetadata],
  ): Promise<Received> {
    if (!(request.body instanceof URLSearchParams)) throw new TypeError('no form to authenticate')
    const [first, ...others] = await authentication()
    let proof = first
    for (;;) {
      const form = new URLSearchParams(request.body)
      const headers = new Headers(request.headers)
      await proof.write(...parties, form, headers)
      if (proof !== first) await renew(headers)
      const fields = Object.fromEntries(headers)
      const received = await transmit(url, { ...request, headers: fields, body: form })
      if (isAccepted(received)) proof.onAccepted?.()
      if (!isRefused(received)) return received
      const next = others.shift()
      if (next === undefined) {
        onRefused(url, received.status)
        return received
      }
      proof = next
    }
  }

  return {
    authenticate(server, client) {
      asked = [server, client]
    },
    async send(url, request) {
      const parties = asked
      asked = undefined
      return parties === undefined ? transmit(url, request) : sendWithProof(url, request, parties)
    },
  }
}

/** RFC 6749 §5.2 has `invalid_client`; others say it by the status alone (Keycloak: `unauthorized_client`). */
function isRefused({ status, body }: Received): boolean {
  const error = parseProviderError(parseJsonObject(body)?.['error'])
  if (error === 'invalid_client') return true
  return status === 401 && error !== 'use_dpop_nonce' && error !== 'invalid_dpop_proof'
}

/** A provider in trouble says nothing of the client. */
function isAccepted(received: Received): boolean {
  const { status } = received
  return status < 500 && status !== 429 && !isRefused(received)
}
