import { setFlagsFromString } from 'node:v8'

/**
 * Has V8 collect old objects when they have grown by half: by itself it lets them grow to twice or four times of what
 * is alive. They are mostly sessions, which stay, so that there is little to do each time.
 */
export const keepHeapSmall = (): void => setFlagsFromString('--heap-growing-percent=50')

/**
 * Leaves out the middle one of V8's optimizing compilers, Maglev, and has the last one begin three times as soon for it.
 * A proxy runs the same few functions for as long as it lives, and all of them end there; what Maglev takes for its work
 * the C library keeps ever after, some 30 MB. Not before there is work: an idle process would load more of V8 for nothing.
 */
export function leaveOutMaglev(): void {
  // Node 20 has no Maglev, and counts in another way.
  if (Number.parseInt(process.versions.v8) < 12) return
  setFlagsFromString('--no-maglev')
  setFlagsFromString('--invocation-count-for-turbofan=1000')
}
