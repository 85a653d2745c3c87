/** A request that the command line did not understand. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
