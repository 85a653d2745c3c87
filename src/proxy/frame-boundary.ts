/** Follows a stream of WebSocket frames (RFC 6455 §5.2) by their headers alone, to know where one ends. */
export interface FrameBoundary {
  /** Whether the stream stands between two frames. */
  readonly isBetweenFrames: boolean
  /** Goes over one more piece of the stream. */
  pass(piece: Buffer): void
  /** Goes to the end of the frame that the stream stands in, and gives how much of the piece that is. */
  passFrame(piece: Buffer): number
}

export const createFrameBoundary = (): FrameBoundary => {
  const header = Buffer.alloc(10)
  let filled = 0
  let bodyLeft = 0

  const passHeader = (piece: Buffer, from: number): number => {
    let at = from
    while (at < piece.length) {
      header[filled] = piece[at] ?? 0
      filled += 1
      at += 1
      if (filled >= 2 && filled === headerLength(header)) {
        bodyLeft = bodyLength(header)
        filled = 0
        break
      }
    }
    return at
  }

  const passFrameFrom = (piece: Buffer, from: number): number => {
    const at = bodyLeft === 0 ? passHeader(piece, from) : from
    const passed = Math.min(bodyLeft, piece.length - at)
    bodyLeft -= passed
    return at + passed
  }

  return {
    get isBetweenFrames() {
      return filled === 0 && bodyLeft === 0
    },
    pass: (piece) => {
      for (let at = 0; at < piece.length;) at = passFrameFrom(piece, at)
    },
    passFrame: (piece) => passFrameFrom(piece, 0),
  }
}

const lengthOf = (header: Buffer): number => header.readUInt8(1) & 0x7f

const headerLength = (header: Buffer): number => {
  const length = lengthOf(header)
  if (length === 127) return 10
  return length === 126 ? 4 : 2
}

/** Masking key and payload. */
const bodyLength = (header: Buffer): number => {
  const length = lengthOf(header)
  const mask = (header.readUInt8(1) & 0x80) === 0 ? 0 : 4
  if (length === 127) return mask + Number(header.readBigUInt64BE(2))
  return mask + (length === 126 ? header.readUInt16BE(2) : length)
}

/** A Close frame as a server sends it, unmasked (RFC 6455 §5.5.1). The reason is at most 123 bytes. */
export const closeFrame = (code: number, reason: string): Buffer => {
  const text = Buffer.from(reason)
  const frame = Buffer.concat([Buffer.of(0x88, text.length + 2, 0, 0), text])
  frame.writeUInt16BE(code, 2)
  return frame
}
