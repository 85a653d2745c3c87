import { getHeapSpaceStatistics } from 'node:v8'
import { collectYoung } from '../../src/garbage.js'

/**
 * How much grew old at most of what `act` left behind, in bytes: of what is young, all is collected after each time, so
 * that only what is held, rightly or not, outlives it. Not so the first times, since V8 compiles what is new to it.
 */
export async function bytesGrownOld(act: (time: number) => unknown): Promise<number> {
  await repeat(act)
  return repeat(act)
}

async function repeat(act: (time: number) => unknown): Promise<number> {
  const before = oldBytes()
  let most = 0
  for (let time = 0; time < 300; time++) {
    await act(time)
    collectYoung()
    most = Math.max(most, oldBytes() - before)
  }
  return most
}

const oldBytes = () =>
  getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space')?.space_used_size ??
  Number.NaN
