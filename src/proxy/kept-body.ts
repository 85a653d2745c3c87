import { Readable } from 'node:stream'

/** More than what forms and calls of an interface have; what is longer is not kept. */
const maxKeptBytes = 64 * 1024

/** The body of a request as it went by, so that a short one can be sent once more. */
export interface KeptBody {
  readonly take: (chunk: Buffer) => void
  /** The body anew; undefined when it was too long. */
  replay(): Readable | undefined
}

export const createKeptBody = (): KeptBody => {
  const chunks: Buffer[] = []
  let bytes = 0

  return {
    take: (chunk) => {
      bytes += chunk.length
      if (bytes <= maxKeptBytes) chunks.push(chunk)
      else chunks.length = 0
    },
    replay: () =>
      bytes <= maxKeptBytes ? Readable.from(chunks, { objectMode: false }) : undefined,
  }
}
