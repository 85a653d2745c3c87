/** Whatever is started says here how it ends; shaped like a test, so that helpers of tests serve as well. */
export interface Owner {
  teardown(end: () => unknown): void
}

/** An owner that is ended by hand: what was started last ends first, and all end even when one fails. */
export function createOwner(): Owner & { end(): Promise<void> } {
  const ends: (() => unknown)[] = []
  return {
    teardown: (end) => void ends.unshift(end),
    async end() {
      const failures: unknown[] = []
      for (const end of ends.splice(0)) {
        try {
          await end()
        } catch (error) {
          failures.push(error)
        }
      }
      if (failures.length > 0) throw new AggregateError(failures, 'not everything ended')
    },
  }
}
