import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { followSessionKeysFile } from '../../src/app/session-keys-file.js'
import { createKeyRing, createSessionKey } from '../../src/session/key-ring.js'
import { until } from '../session/fixtures.js'

interface Line {
  readonly level: 'info' | 'error'
  readonly fields: unknown
}

/** A followed file that begins with one key. */
async function start(t: Test) {
  const file = join(t.testdir(), 'session-keys')
  const first = createSessionKey()
  const keyRing = createKeyRing([first])
  const lines: Line[] = []
  const log = (level: Line['level']) => (fields: unknown) => void lines.push({ level, fields })
  // At once, as whoever changes secrets does: on a busy machine a half-written file looks settled.
  async function write(...keys: string[]) {
    await writeFile(`${file}.new`, `${keys.join('\n')}\n`)
    await rename(`${file}.new`, file)
  }
  function follow() {
    const logger = { info: log('info'), error: log('error') }
    t.teardown(followSessionKeysFile({ file, keyRing, keys: [first], logger, intervalMs: 10 }))
  }
  const seals = (key: string) => keyRing.sealing.id.equals(idOf(key))
  const knows = (key: string) => keyRing.find(idOf(key)) !== undefined
  return { file, first, keyRing, lines, write, follow, seals, knows }
}

const idOf = (key: string) => createKeyRing([key]).sealing.id

t.test(
  'what the file holds becomes the key ring: added, moved to the front, removed',
  async (t) => {
    const { first, lines, write, follow, seals, knows } = await start(t)
    const second = createSessionKey()
    await write(first)
    follow()
    await write(first, '# the next one', second)
    await until(() => knows(second))
    t.ok(seals(first))
    await write(second, first)
    await until(() => seals(second))
    t.ok(knows(first))
    await write(second)
    await until(() => !knows(first))
    t.equal(lines.length, 3)
    for (const { level } of lines) t.equal(level, 'info')
    t.notMatch(JSON.stringify(lines), second)
  },
)

t.test('content that is no list of keys changes nothing and is logged once', async (t) => {
  const { file, first, lines, write, follow, seals } = await start(t)
  await write(first)
  follow()
  const logged = (count: number) => until(() => lines.length === count)
  const almost = createSessionKey().slice(1)
  await write(first, almost)
  await logged(1)
  await write('')
  await logged(2)
  await rm(file)
  await logged(3)
  await mkdir(file)
  await logged(4)
  t.ok(seals(first))
  for (const { level } of lines) t.equal(level, 'error')
  t.match(JSON.stringify(lines), /line 2 .*no key.*ENOENT.*EISDIR/)
  t.notMatch(JSON.stringify(lines), almost)
  t.notMatch(JSON.stringify(lines), first)

  const second = createSessionKey()
  await rm(file, { recursive: true })
  await write(second)
  await until(() => seals(second))
})

t.test('follows the symbolic links of a Kubernetes secret', async (t) => {
  const { file, first, follow, seals } = await start(t)
  const folder = join(file, '..')
  const second = createSessionKey()
  for (const [version, key] of [
    ['one', first],
    ['two', second],
  ] as const) {
    await mkdir(join(folder, version))
    await writeFile(join(folder, version, 'session-keys'), key)
  }
  await symlink('one', join(folder, '..data'))
  await symlink('..data/session-keys', file)
  follow()
  await symlink('two', join(folder, '..data_tmp'))
  await rename(join(folder, '..data_tmp'), join(folder, '..data'))
  await until(() => seals(second))
  t.pass()
})
