import { randomBytes } from 'node:crypto'
import t from 'tap'
import { isSessionKey, parseSessionKeys } from '../../src/config/session-key.js'
import { createSessionKey } from '../../src/session/key-ring.js'

t.test('a fresh key is 32 bytes in base64url, another each time', async (t) => {
  const key = createSessionKey()
  t.equal(Buffer.from(key, 'base64url').length, 32)
  t.ok(isSessionKey(key))
  t.not(createSessionKey(), key)
})

t.test('only the canonical spelling of 32 bytes is a key', async (t) => {
  const key = createSessionKey()
  const lax = `${key.slice(0, 42)}${key.endsWith('A') ? 'B' : String.fromCharCode(key.charCodeAt(42) + 1)}`
  for (const text of [
    '',
    `${key}=`,
    ` ${key}`,
    lax,
    randomBytes(31).toString('base64url'),
    randomBytes(33).toString('base64url'),
    Buffer.alloc(32, 0xff).toString('base64'),
    randomBytes(32).toString('hex'),
  ]) {
    t.notOk(isSessionKey(text), text)
  }
})

t.test('a keys file has one key a line, blank lines and comments aside', async (t) => {
  const [first, second] = [createSessionKey(), createSessionKey()]
  const text = `# new\r\n${first}\r\n\n  ${second}  \n#${first}\nbad`
  t.strictSame(parseSessionKeys(text), { keys: [first, second, 'bad'], badLines: [6] })
})
