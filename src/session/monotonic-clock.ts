/**
 * Milliseconds since some moment, which pass whatever happens to the wall clock. For how long something takes and what
 * comes first in one process; instants that the store or other processes know are of the wall clock.
 */
export const monotonicClock = (): number => performance.now()
