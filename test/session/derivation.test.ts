import { hkdfSync } from 'node:crypto'
import * as fc from 'fast-check'
import t from 'tap'
import { createDerivation } from '../../src/session/derivation.js'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })

t.test('derives what HKDF-SHA256 does, whatever the secret, the salt and the purpose', async () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 100 }),
      fc.array(bytes(32), { minLength: 1, maxLength: 3 }),
      fc.string({ maxLength: 100 }),
      (secret, salts, info) => {
        const derive = createDerivation(secret, info)
        return salts.every((salt) =>
          derive(salt).equals(Buffer.from(hkdfSync('sha256', secret, salt, info, 32))),
        )
      },
    ),
  )
})

t.test('what was derived stays as it is when more is', async (t) => {
  const derive = createDerivation(Buffer.alloc(32, 1), 'purpose')
  const one = derive(Buffer.alloc(32, 2))
  const before = one.toString('hex')
  t.notOk(derive(Buffer.alloc(32, 3)).equals(one))
  t.equal(one.toString('hex'), before)
})
