import { generateKeyPairSync } from 'node:crypto'
import { calculateJwkThumbprint, compactVerify, importJWK } from 'jose'
import t from 'tap'
import { generateSigningKey, readSigningKey } from '../../src/identity/signing-key.js'

for (const algorithm of ['ES256', 'EdDSA'] as const) {
  t.test(`${algorithm} signs what others verify, and publishes nothing private`, async (t) => {
    const key = readSigningKey(generateSigningKey(algorithm))
    if (key === undefined) throw new Error('no key')
    const { published } = key
    t.match(published, { alg: algorithm, use: 'sig' })
    t.notOk('d' in published)
    t.equal(published.kid, await calculateJwkThumbprint(published), 'RFC 7638')
    const header = Buffer.from(JSON.stringify({ alg: algorithm })).toString('base64url')
    const content = `${header}.${Buffer.from('text').toString('base64url')}`
    const { payload } = await compactVerify(
      `${content}.${key.sign(content)}`,
      await importJWK(published),
    )
    t.equal(Buffer.from(payload).toString(), 'text')
    t.same(readSigningKey({ ...generateSigningKey(algorithm), kid: 'mine' })?.published.kid, 'mine')
  })
}

t.test('what cannot sign so is no key', async (t) => {
  const jwk = generateSigningKey('ES256')
  const { d: _, ...publicOnly } = jwk
  const { x = '', y = '' } = generateSigningKey('ES256')
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
  for (const wrong of [
    {},
    publicOnly,
    { ...jwk, x, y },
    rsa.export({ format: 'jwk' }),
    p384.export({ format: 'jwk' }),
  ]) {
    t.equal(readSigningKey(wrong), undefined)
  }
})
