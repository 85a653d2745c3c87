import { Client, credentials, type ServiceError } from '@grpc/grpc-js'
import protobuf from 'protobufjs'

/** Envoy's messages as it publishes them, with the fields that it fills or reads; only the path is bytes. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message CheckRequest { AttributeContext attributes = 1; }
  message AttributeContext {
    message Peer { Address address = 1; string service = 2; map<string, string> labels = 3; string principal = 4; }
    message Request { HttpRequest http = 2; }
    message HttpRequest {
      string id = 1; string method = 2; map<string, string> headers = 3; HeaderMap header_map = 13;
      bytes path = 4; string host = 5; string scheme = 6; string query = 7; string fragment = 8;
      int64 size = 9; string protocol = 10; string body = 11; bytes raw_body = 12;
    }
    Peer source = 1; Peer destination = 2; Request request = 4; map<string, string> context_extensions = 10;
  }
  message Address { SocketAddress socket_address = 1; }
  message SocketAddress { int32 protocol = 1; string address = 2; uint32 port_value = 3; }
  message HeaderMap { repeated HeaderValue headers = 1; }
  message HeaderValue { string key = 1; string value = 2; bytes raw_value = 3; }
  message HeaderValueOption {
    enum HeaderAppendAction {
      APPEND_IF_EXISTS_OR_ADD = 0; ADD_IF_ABSENT = 1; OVERWRITE_IF_EXISTS_OR_ADD = 2; OVERWRITE_IF_EXISTS = 3;
    }
    HeaderValue header = 1; HeaderAppendAction append_action = 3; bool keep_empty_value = 4;
  }
  message CheckResponse {
    Status status = 1;
    oneof http_response { DeniedHttpResponse denied_response = 2; OkHttpResponse ok_response = 3; }
  }
  message Status { int32 code = 1; string message = 2; }
  message HttpStatus { int32 code = 1; }
  message DeniedHttpResponse { HttpStatus status = 1; repeated HeaderValueOption headers = 2; string body = 3; }
  message OkHttpResponse {
    repeated HeaderValueOption headers = 2; repeated string headers_to_remove = 5;
    repeated HeaderValueOption response_headers_to_add = 6;
  }
`)
const request = root.lookupType('CheckRequest')
const response = root.lookupType('CheckResponse')
const method = '/envoy.service.auth.v3.Authorization/Check'

export interface CheckAnswer {
  /** 200 when the request may pass. */
  readonly status: number
  /** To set in the request, or of the answer to the client. */
  readonly headers: ReadonlyMap<string, string>
  readonly actions: readonly unknown[]
  readonly remove: readonly string[]
  readonly body: string
}

export interface EnvoyClient {
  /** Asks as Envoy does. Rejects with the error of gRPC. */
  check(http: { path: string; [field: string]: unknown }, source?: object): Promise<CheckAnswer>
  /** Sends any bytes as message. */
  send(bytes: Buffer, deadline?: Date): Promise<Buffer>
  close(): void
}

export function createEnvoyClient(address: string): EnvoyClient {
  const client = new Client(address, credentials.createInsecure())

  function send(bytes: Buffer, deadline = new Date(Date.now() + 10_000)): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        method,
        (each: Buffer) => each,
        (each: Buffer) => each,
        bytes,
        { deadline },
        (error: ServiceError | null, answer?: Buffer) => {
          if (error === null && answer !== undefined) resolve(answer)
          else reject(error ?? new Error('no answer'))
        },
      )
    })
  }

  return {
    send,
    async check(http, source) {
      const path = Buffer.from(http.path, 'latin1')
      const message = request.fromObject({
        attributes: { request: { http: { ...http, path } }, source },
      })
      const bytes = await send(Buffer.from(request.encode(message).finish()))
      return answerOf(response.toObject(response.decode(bytes), { enums: String, defaults: true }))
    },
    close: () => client.close(),
  }
}

interface Answered {
  readonly status: { readonly code: number }
  readonly okResponse?: { readonly headers: readonly Option[]; readonly headersToRemove: string[] }
  readonly deniedResponse?: {
    readonly status: { readonly code: number }
    readonly headers: readonly Option[]
    readonly body: string
  }
}

interface Option {
  readonly header: { readonly key: string; readonly value: string }
  readonly appendAction: string
}

function answerOf(answered: object): CheckAnswer {
  const { status, okResponse, deniedResponse } = parseAnswered(JSON.stringify(answered))
  const options = okResponse?.headers ?? deniedResponse?.headers ?? []
  if ((status.code === 0) !== (okResponse !== undefined))
    throw new Error('the codes contradict each other')
  return {
    status: deniedResponse?.status.code ?? 200,
    headers: new Map(options.map(({ header }) => [header.key, header.value])),
    actions: [...new Set(options.map(({ appendAction }) => appendAction))],
    remove: okResponse?.headersToRemove ?? [],
    body: deniedResponse?.body ?? '',
  }
}

const parseAnswered = (json: string): Answered => JSON.parse(json)
