import {
  Server,
  ServerCredentials,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js'
import {
  type CheckRequest,
  type CheckResponse,
  decodeCheckRequest,
  encodeCheckResponse,
  type HeaderValueOption,
} from './check-messages.js'
import { type CheckedRequest, checkedRequestOf } from './check-request.js'

type Header = readonly [name: string, value: string]

/** What is to become of a request. */
export type CheckResult =
  | {
      readonly kind: 'admitted'
      readonly set: readonly Header[]
      readonly remove: readonly string[]
    }
  | {
      readonly kind: 'refused'
      readonly status: number
      readonly headers: readonly Header[]
      readonly body: string
    }

export interface CheckServerOptions {
  /** Decides about a request on behalf of the peer at an address. */
  readonly check: (checked: CheckedRequest, peerAddress: string) => Promise<CheckResult>
  readonly logger: { error(fields: object, message: string): void }
}

/** Envoy's authorization service over gRPC, `envoy.service.auth.v3.Authorization`. */
export interface CheckServer {
  /** Listens on `host:port` and gives the address with the port that was bound. */
  listen(address: string): Promise<string>
  /** Answers the checks under way, then closes. */
  close(): Promise<void>
}

/** Only the server's half is used. What it cannot read the handler refuses, since reading must not throw. */
const service = {
  Check: {
    path: '/envoy.service.auth.v3.Authorization/Check',
    requestStream: false,
    responseStream: false,
    requestDeserialize: decodeCheckRequest,
    requestSerialize: (): Buffer => Buffer.alloc(0),
    responseSerialize: encodeCheckResponse,
    responseDeserialize: (): undefined => undefined,
  },
} satisfies ServiceDefinition

export function createCheckServer({ check, logger }: CheckServerOptions): CheckServer {
  const server = new Server()

  async function answer(request: CheckRequest, peer: string): Promise<CheckResponse> {
    const result = await check(checkedRequestOf(request), addressOf(peer))
    return result.kind === 'admitted' ? allow(result) : deny(result)
  }

  async function respond(
    request: CheckRequest | 'malformed',
    peer: string,
    callback: sendUnaryData<CheckResponse>,
  ): Promise<void> {
    if (request === 'malformed') {
      callback({ code: status.INVALID_ARGUMENT, details: 'no check of a request' })
      return
    }
    let response: CheckResponse
    try {
      response = await answer(request, peer)
    } catch (error) {
      logger.error({ err: error }, 'check failed')
      callback({ code: status.INTERNAL, details: 'internal error' })
      return
    }
    callback(null, response)
  }

  server.addService(service, {
    Check(
      call: ServerUnaryCall<CheckRequest | 'malformed', CheckResponse>,
      callback: sendUnaryData<CheckResponse>,
    ) {
      void respond(call.request, call.getPeer(), callback)
    },
  })

  return {
    listen: (address) =>
      new Promise((resolve, reject) => {
        server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
          if (error === null) resolve(address.replace(/[0-9]+$/, String(port)))
          else reject(error)
        })
      }),
    close: () =>
      new Promise((resolve) => {
        server.tryShutdown(() => resolve())
      }),
  }
}

/** Envoy overwrites what is there of the name, or adds it. */
const overwrite = 2

const settingOf = ([name, value]: Header): HeaderValueOption => ({
  header: { key: name.toLowerCase(), value: Buffer.from(value, 'latin1').toString('utf8') },
  appendAction: overwrite,
})

function allow({ set, remove }: Extract<CheckResult, { kind: 'admitted' }>): CheckResponse {
  const okResponse = { headers: set.map(settingOf), headersToRemove: remove }
  return { status: { code: status.OK }, okResponse }
}

function deny(refusal: Extract<CheckResult, { kind: 'refused' }>): CheckResponse {
  const { headers, body } = refusal
  return {
    status: { code: codeOf(refusal.status) },
    deniedResponse: { status: { code: refusal.status }, headers: headers.map(settingOf), body },
  }
}

function codeOf(httpStatus: number): number {
  if (httpStatus >= 500) return status.UNAVAILABLE
  return httpStatus === 302 || httpStatus === 401
    ? status.UNAUTHENTICATED
    : status.PERMISSION_DENIED
}

/** The address of `address:port`, where an IPv6 address has no brackets. */
const addressOf = (peer: string) => peer.replace(/:[0-9]+$/, '')
