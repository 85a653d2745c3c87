/** Tells whether a provider answers, so that nobody is sent to the login page of one that does not. */
export interface Reachability {
  /**
   * Resolves when the provider answered within the last ten seconds, else asks it, once for all who want to
   * know. Throws what `ask` does while it does not answer.
   */
  ensure(): Promise<void>
  /** Notes that it has just answered. */
  noteAnswer(): void
}

const trustedForMs = 10_000
/** So that people who wait for it do not ask it all the time. */
const refusedForMs = 1000

export function createReachability(options: {
  /** Throws when no answer comes. */
  readonly ask: () => Promise<void>
  readonly now: () => number
}): Reachability {
  const { ask, now } = options
  let answeredAt = -Infinity
  let failure: { readonly error: unknown; readonly at: number } | undefined
  let pending: Promise<void> | undefined

  const isWithin = (instant: number, ms: number) => Math.abs(now() - instant) < ms

  function noteAnswer(): void {
    answeredAt = now()
    failure = undefined
  }

  async function find(): Promise<void> {
    try {
      await ask()
      noteAnswer()
    } catch (error) {
      failure = { error, at: now() }
      throw error
    } finally {
      pending = undefined
    }
  }

  return {
    noteAnswer,
    async ensure() {
      if (isWithin(answeredAt, trustedForMs)) return
      if (failure !== undefined && isWithin(failure.at, refusedForMs)) throw failure.error
      await (pending ??= find())
    },
  }
}
