import t from 'tap'
import { createNodeReader } from '../../src/access/forwarding-node.js'
import { bytesHeld } from '../helpers/bytes-held.js'

t.test('an address does not hold the header that it was read from', async (t) => {
  const readNode = createNodeReader(['10.0.0.0/8'])
  const before = bytesHeld()
  for (let index = 0; index < 1000; index++) {
    const address = `203.0.113.${index % 250}:${10_000 + index}`
    // A string of its own, of which the address is but a view.
    const header = Buffer.from(`${'x'.repeat(16_000)},${address}`).toString('latin1')
    readNode(header.slice(16_001))
  }
  t.ok(bytesHeld() - before < 4e6)
  t.strictSame(readNode('203.0.113.7:10007'), { address: '203.0.113.7', isTrusted: false })
})
