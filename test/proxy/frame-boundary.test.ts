import * as fc from 'fast-check'
import t from 'tap'
import { closeFrame, createFrameBoundary } from '../../src/proxy/frame-boundary.js'

/** A frame with that much payload, in the shortest form (RFC 6455 §5.2). */
const frame = (length: number, isMasked: boolean): Buffer => {
  const mask = isMasked ? 0x80 : 0
  const head =
    length < 126
      ? Buffer.of(0x82, mask | length)
      : length < 65_536
        ? Buffer.of(0x82, mask | 126, length >> 8, length & 0xff)
        : Buffer.of(
            0x82,
            mask | 127,
            0,
            0,
            0,
            0,
            0,
            length >> 16,
            (length >> 8) & 0xff,
            length & 0xff,
          )
  return Buffer.concat([head, Buffer.alloc(length + (isMasked ? 4 : 0), 0x81)])
}

const frames = fc.array(
  fc.record({
    length: fc.oneof(fc.nat(130), fc.integer({ min: 65_530, max: 65_540 }), fc.constant(0)),
    isMasked: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
)

t.test('finds the end of frames however the stream is cut into pieces', async (t) => {
  const property = fc.property(frames, fc.infiniteStream(fc.nat(300)), (specs, sizes) => {
    const all = specs.map(({ length, isMasked }) => frame(length, isMasked))
    const ends = new Set([0])
    let end = 0
    for (const each of all) ends.add((end += each.length))
    const stream = Buffer.concat(all)
    const boundary = createFrameBoundary()
    for (let at = 0; at < stream.length;) {
      const piece = stream.subarray(at, at + 1 + (sizes.next().value ?? 0))
      boundary.pass(piece)
      at += piece.length
      if (boundary.isBetweenFrames !== ends.has(at)) return false
    }
    return true
  })
  fc.assert(property, { numRuns: 300 })
  t.pass()
})

t.test('finishes the frame it stands in, and no more', async (t) => {
  const boundary = createFrameBoundary()
  const stream = Buffer.concat([frame(10, false), frame(200, true), frame(0, false)])
  boundary.pass(stream.subarray(0, 13))
  t.equal(boundary.isBetweenFrames, false)
  t.equal(boundary.passFrame(stream.subarray(13, 20)), 7)
  t.equal(boundary.isBetweenFrames, false)
  t.equal(boundary.passFrame(stream.subarray(20)), stream.length - 20 - 2)
  t.equal(boundary.isBetweenFrames, true)
})

t.test('a Close frame carries code and reason', async (t) => {
  t.equal(closeFrame(1008, 'ok').toString('hex'), '880403f06f6b')
})
