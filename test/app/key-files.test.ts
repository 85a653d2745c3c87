import { createPrivateKey } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createKeyFiles } from '../../src/app/key-files.js'
import { parseSigningKeys } from '../../src/config/signing-key-file.js'
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
  t.match(parseSigningKeys(pemOf(jwk)), [{ crv: 'P-256' }])
  t.match(parseSigningKeys(JSON.stringify(jwk)), [jwk])
  t.match(parseSigningKeys(JSON.stringify({ keys: [jwk, generateSigningKey('EdDSA')] })), [jwk, {}])
  for (const text of [
    '',
    'x',
    '{',
    '{}',
    '{"keys":[]}',
    JSON.stringify(publicOnly),
    JSON.stringify({ keys: [jwk, publicOnly] }),
  ]) {
    t.equal(parseSigningKeys(text), undefined, text.slice(0, 40))
  }
})
