import type { ServerResponse } from 'node:http'
import { atEndOfTurn } from '../end-of-turn.js'
import type { ResponseHead } from './exchange.js'
import { addTrailers, breakOff, isHttp2, writeHttp2Head } from './http2-response.js'
import {
  type BuildResponseHeaders,
  buildResponseTrailers,
  type ResponseHeaderRules,
} from './response-headers.js'
import { withoutVainTrailer } from './trailer-field.js'

/** What is sent to a client of an upstream's response. */
export interface Relay {
  /** Sends the head without waiting for the body. */
  flush(): void
  /** False: the client takes nothing more for now; `onDrain` tells when it does again. */
  write(chunk: Buffer): boolean
  /** Ends the response, with these fields behind it. */
  end(rawTrailers: readonly string[]): void
  /** Ends the response as broken: a cut one never looks whole. */
  breakOff(): void
  /** From now on nothing more is passed on. */
  stop(): void
}

export interface RelayOptions {
  readonly context: {
    readonly rules: ResponseHeaderRules
    readonly responseHeaders: BuildResponseHeaders
  }
  /** How long a client may take nothing of what is left when the upstream has ended; 0 is no limit. */
  readonly idleMs: number
  readonly onDrain: () => void
}

/** A first piece of up to this many bytes waits for what comes with it, so that head and body go as one. */
const mostHeldBytes = 16 * 1024

/** A body of up to this many bytes costs less joined with the head than as a second buffer of one write. */
const mostJoinedBytes = 4 * 1024

/**
 * Begins to send an upstream's response on to the client: header fields keep spelling, order and duplicates. No header
 * may have been set on the response before, since node would then take one field of each name only.
 */
export const startRelay = (
  response: ServerResponse,
  head: ResponseHead,
  options: RelayOptions,
): Relay => {
  const headers = options.context.responseHeaders(head.rawHeaders)
  // what fails is the connection, which says so itself
  response.on('error', ignore)
  if (isHttp2(response)) writeHttp2Head(response, head.statusCode, headers)
  else {
    const fields = withoutVainTrailer(response, head.statusCode, headers)
    response.writeHead(head.statusCode, printable(head.statusMessage), fields)
  }
  return new ResponseRelay(response, options)
}

class ResponseRelay implements Relay {
  private held: Buffer | undefined
  private begun = false
  private stopped = false

  private readonly response: ServerResponse
  private readonly options: RelayOptions

  constructor(response: ServerResponse, options: RelayOptions) {
    this.response = response
    this.options = options
  }

  flush(): void {
    if (this.begun || this.stopped) return
    this.begun = true
    const piece = this.held ?? nothing
    this.held = undefined
    // not by flushHeaders(), which sends bytes beyond ASCII as UTF-8, each made into two;
    // HTTP/2 has sent them already
    if (piece !== nothing || !isHttp2(this.response)) this.response.write(piece)
  }

  write(chunk: Buffer): boolean {
    if (this.stopped) return true
    if (!this.begun && this.held === undefined && chunk.length <= mostHeldBytes) {
      this.held = chunk
      return true
    }
    if (this.held !== undefined) this.flush()
    this.begun = true
    if (this.response.write(chunk)) return true
    this.response.once('drain', this.options.onDrain)
    return false
  }

  end(rawTrailers: readonly string[]): void {
    if (this.stopped) return
    const { response, held } = this
    if (rawTrailers.length > 0) {
      addTrailers(response, buildResponseTrailers(rawTrailers, this.options.context.rules))
    }
    if (this.begun || isHttp2(response)) {
      response.end(held)
      this.giveUpWhenStuck()
      return
    }
    atEndOfTurn(() => {
      // closed meanwhile, with what was held sent
      if (this.stopped) return
      // as text, node puts it behind the head, and both are one buffer
      const isJoined = held === undefined || held.length <= mostJoinedBytes
      if (isJoined) response.end(held?.toString('latin1'), 'latin1')
      else response.end(held)
      this.giveUpWhenStuck()
    })
  }

  breakOff(): void {
    if (!this.stopped) breakOff(this.response)
  }

  stop(): void {
    if (this.held !== undefined) this.flush()
    this.stopped = true
  }

  private giveUpWhenStuck(): void {
    const { response, options } = this
    if (options.idleMs > 0 && response.writableLength > 0) {
      response.setTimeout(options.idleMs, () => breakOff(response))
    }
  }
}

const ignore = (): void => undefined

const nothing = Buffer.alloc(0)

const printable = (reason: string): string => (/^[\t\x20-\x7e]*$/.test(reason) ? reason : '')
