/**
 * Is told what comes of a request that was dispatched to an upstream, in this order. Its calls are those that undici 7
 * makes itself: what it offers besides would be put around them for each request.
 */
export interface ResponseHandler {
  /** The request is about to be sent; `abort` breaks it off at any time. */
  onConnect(abort: (cause?: Error) => void): void
  /**
   * The head of a response; one with a 1xx status may come before the final one. `rawHeaders` are names and values by
   * turns. False: nothing more is taken until `resume`.
   */
  onHeaders(
    statusCode: number,
    rawHeaders: readonly (Buffer | string)[],
    resume: () => void,
    statusMessage: string | undefined,
  ): boolean
  /** False as above. */
  onData(chunk: Buffer): boolean
  onComplete(rawTrailers: readonly (Buffer | string)[] | null): void
  /** There will be no response, or no end of it. */
  onError(cause: unknown): void
}
