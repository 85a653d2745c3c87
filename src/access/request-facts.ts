/** What the gate found out about a request, as plain data. */
export interface RequestFacts {
  readonly method: string
  /** The request target as sent. */
  readonly target: string
  /** The host the client asked for, in lower case, without the port; from a trusted proxy if one says so. */
  readonly host: string
  /** The address of the client: the rightmost one that is no trusted proxy. */
  readonly clientAddress: string
}
