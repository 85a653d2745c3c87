import { setFlagsFromString } from 'node:v8'

/**
 * Has V8 collect old objects when they have grown by half: by itself it lets them grow to twice or four times of what
 * is alive. They are mostly sessions, which stay, so that there is little to do each time.
 */
export const keepHeapSmall = (): void => setFlagsFromString('--heap-growing-percent=50')

/**
 * Leaves out the middle one of V8's optimizing compilers, Maglev. A proxy runs the same few functions for as long as it
 * lives, and all of them end with the last one; what the other one takes for its work the C library keeps ever after,
 * some 20 MB. Once only it has started, since the code that was cached for the start holds what V8 was told then.
 */
export const leaveOutMaglev = (): void => setFlagsFromString('--no-maglev')
