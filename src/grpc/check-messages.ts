import protobuf from 'protobufjs/light.js'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'

const headersField: protobuf.IMapField = { keyType: 'string', type: 'bytes', id: 3 }

/**
 * The part of `envoy.service.auth.v3` that is needed, with Envoy's field numbers; fields that stand not here are
 * skipped. What comes from the client are bytes here, not strings, so that none gets lost in a decoding; on the
 * wire both are the same, as an enumeration and an int32 are.
 */
const messages: protobuf.INamespace = {
  nested: {
    CheckRequest: { fields: { attributes: { type: 'AttributeContext', id: 1 } } },
    AttributeContext: {
      fields: { source: { type: 'Peer', id: 1 }, request: { type: 'Request', id: 4 } },
    },
    Peer: { fields: { address: { type: 'Address', id: 1 } } },
    Address: { fields: { socketAddress: { type: 'SocketAddress', id: 1 } } },
    SocketAddress: { fields: { address: { type: 'string', id: 2 } } },
    Request: { fields: { http: { type: 'HttpRequest', id: 2 } } },
    HttpRequest: {
      fields: {
        method: { type: 'bytes', id: 2 },
        headers: headersField,
        path: { type: 'bytes', id: 4 },
        host: { type: 'bytes', id: 5 },
        headerMap: { type: 'HeaderMap', id: 13 },
      },
    },
    HeaderMap: { fields: { headers: { rule: 'repeated', type: 'SentHeader', id: 1 } } },
    SentHeader: {
      fields: {
        key: { type: 'string', id: 1 },
        value: { type: 'bytes', id: 2 },
        rawValue: { type: 'bytes', id: 3 },
      },
    },

    CheckResponse: {
      fields: {
        status: { type: 'Status', id: 1 },
        deniedResponse: { type: 'DeniedHttpResponse', id: 2 },
        okResponse: { type: 'OkHttpResponse', id: 3 },
      },
    },
    Status: { fields: { code: { type: 'int32', id: 1 } } },
    OkHttpResponse: {
      fields: {
        headers: { rule: 'repeated', type: 'HeaderValueOption', id: 2 },
        headersToRemove: { rule: 'repeated', type: 'string', id: 5 },
      },
    },
    DeniedHttpResponse: {
      fields: {
        status: { type: 'HttpStatus', id: 1 },
        headers: { rule: 'repeated', type: 'HeaderValueOption', id: 2 },
        body: { type: 'string', id: 3 },
      },
    },
    HttpStatus: { fields: { code: { type: 'int32', id: 1 } } },
    HeaderValue: {
      fields: { key: { type: 'string', id: 1 }, value: { type: 'string', id: 2 } },
    },
    HeaderValueOption: {
      fields: {
        header: { type: 'HeaderValue', id: 1 },
        appendAction: { type: 'int32', id: 3 },
      },
    },
  },
}

const root = protobuf.Root.fromJSON(messages)
const checkRequest = root.lookupType('CheckRequest')
const checkResponse = root.lookupType('CheckResponse')

const text = Type.Optional(Type.String())
const requestShape = Type.Object({
  attributes: Type.Object({
    source: Type.Optional(
      Type.Object({
        address: Type.Optional(
          Type.Object({ socketAddress: Type.Optional(Type.Object({ address: text })) }),
        ),
      }),
    ),
    request: Type.Object({
      http: Type.Object({
        method: Type.String({ minLength: 1 }),
        path: Type.String({ minLength: 1 }),
        host: text,
        headers: Type.Optional(Type.Record(Type.String(), Type.String())),
        headerMap: Type.Optional(
          Type.Object({
            headers: Type.Optional(
              Type.Array(Type.Object({ key: text, value: text, rawValue: text })),
            ),
          }),
        ),
      }),
    }),
  }),
})
const requestChecker = Compile(requestShape)

/** A check as Envoy asks for it; the method, the path, the host and values are in base64. */
export type CheckRequest = Static<typeof requestShape>

/** A header as Envoy is to set it, whatever the client sent of that name. */
export interface HeaderValueOption {
  readonly header: { readonly key: string; readonly value: string }
  readonly appendAction: number
}

export interface CheckResponse {
  /** A code of gRPC. */
  readonly status: { readonly code: number }
  readonly okResponse?: {
    readonly headers: readonly HeaderValueOption[]
    readonly headersToRemove: readonly string[]
  }
  readonly deniedResponse?: {
    readonly status: { readonly code: number }
    readonly headers: readonly HeaderValueOption[]
    readonly body: string
  }
}

/** Reads a check; `malformed` are bytes that are none, or that leave out what a decision needs. Never throws. */
export function decodeCheckRequest(bytes: Uint8Array): CheckRequest | 'malformed' {
  try {
    const value: unknown = checkRequest.toObject(checkRequest.decode(bytes), { bytes: String })
    return requestChecker.Check(value) ? value : 'malformed'
  } catch {
    return 'malformed'
  }
}

export function encodeCheckResponse(response: CheckResponse): Buffer {
  return Buffer.from(checkResponse.encode(checkResponse.fromObject(response)).finish())
}
