import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createKeyFiles } from '../../src/app/key-files.js'
import { parseSigningKeys } from '../../src/config/signing-keys.js'
import { generateSigningKey } from '../../src/identity/signing-key.js'
import { until } from '../session/fixtures.js'

const pemOf = (jwk: ReturnType<typeof generateSigningKey>) =>
  createPrivateKey({ key: jwk, format: 'jwk' }).export({ format: 'pem', type: 'pkcs8' }).toString()

t.test('signing keys of files: the first signs, and changes take effect', async (t) => {
  const folder = t.testdir()
  const [one, other] = [join(folder, 'one.pem'), join(folder, 'other.jwk')]
  const [first, second, third] = (['ES256', 'EdDSA', 'ES256'] as const).map(generateSigningKey)
  if (!first || !second || !third) throw new Error('no keys')
  await writeFile(one, pemOf(first))
  await writeFile(other, JSON.stringify({ ...second, kid: 'second' }))
  const lines: unknown[] = []
  const keys = createKeyFiles({
    files: [one, other],
    logger: {
      info: (line: unknown) => lines.push(line),
      error: (line: unknown) => lines.push(line),
    },
    intervalMs: 5,
  })
  t.teardown(() => keys.stop())
  let removals = 0
  keys.onRemoval(() => removals++)
  keys.start()
  const kids = () => keys.published(0).keys.map(({ kid }) => kid)
  t.equal(keys.signingAt(0)?.published.alg, 'ES256')
  t.equal(kids()[1], 'second')
  t.equal(keys.published(7).completeUntil, 7 + 300_000)

  await writeFile(
    other,
    JSON.stringify({
      keys: [
        { ...second, kid: 'second' },
        { ...third, kid: 'third' },
      ],
    }),
  )
  await until(() => kids().length === 3)
  t.equal(removals, 0)
  await writeFile(one, 'hunter2')
  await until(() => lines.length === 2)
  t.equal(kids().length, 3, 'what is no key changes nothing')
  t.notMatch(JSON.stringify(lines), /hunter2/)
  await writeFile(one, pemOf(third))
  await until(() => removals === 1)
  t.equal(keys.signingAt(0)?.published.alg, 'ES256')
})

t.test('what a file of signing keys may hold', async (t) => {
  const jwk = generateSigningKey('ES256')
  const { d: _, ...publicOnly } = jwk
  const other = generateSigningKey('EdDSA')
  t.same(parseSigningKeys(pemOf(jwk)), { content: [jwk] })
  t.same(parseSigningKeys(pemOf(jwk) + pemOf(other)), { content: [jwk, other] })
  t.same(parseSigningKeys(JSON.stringify({ ...jwk, kid: 'k' })), {
    content: [{ ...jwk, kid: 'k' }],
  })
  t.same(parseSigningKeys(JSON.stringify({ keys: [jwk, other] })), { content: [jwk, other] })

  const { privateKey: foreign } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  for (const text of [
    '',
    'x',
    '{',
    '{}',
    '{"keys":[]}',
    JSON.stringify(publicOnly),
    JSON.stringify({ keys: [jwk, publicOnly] }),
    JSON.stringify({ keys: [jwk, foreign.export({ format: 'jwk' })] }),
    foreign.export({ format: 'pem', type: 'pkcs8' }).toString(),
  ]) {
    t.match(parseSigningKeys(text), { fault: /^holds / }, text.slice(0, 40))
  }
})
