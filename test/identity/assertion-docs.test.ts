import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { createAssertionSigner } from '../../src/identity/assertion.js'
import { generateSigningKey, readSigningKey } from '../../src/identity/signing-key.js'
import { identityOf } from '../access/fixtures.js'
import { listenOnLoopback } from '../helpers/listen.js'

const run = promisify(execFile)

const key = readSigningKey(generateSigningKey('ES256'))
if (key === undefined) throw new Error('no key')
const server = createServer((_request, response) => {
  response.setHeader('content-type', 'application/jwk-set+json')
  response.end(JSON.stringify({ keys: [key.published] }))
})
const port = await listenOnLoopback(t, server)
const issuer = `http://127.0.0.1:${port}`
const signer = createAssertionSigner({ keyAt: () => key, issuer })

const page = await readFile(new URL('../../../docs/identity-assertion.md', import.meta.url), 'utf8')
const exampleIn = (language: string) =>
  (page.split(`\`\`\`${language}\n`)[1]?.split('```')[0] ?? '').replaceAll(
    'https://app.example.com',
    issuer,
  )

function assertionFor(audience: string): string {
  const identity = identityOf({ email: 'alice@example.com' })
  const claims = ['email']
  const input = { audience, claims, identity, groupsClaim: 'groups', sessionKeyHash: 'abc' }
  return signer.sign({ ...input, now: Date.now() }).jwt
}

const ours = assertionFor('https://api.example.com')
const foreign = assertionFor('https://other.example.com')

t.test('the Node.js example of the docs verifies', async (t) => {
  const file = join(t.testdir(), 'verify.mjs')
  await writeFile(file, exampleIn('js'))
  const { verify } = await import(pathToFileURL(file).href)
  const ask = (assertion: string) => verify({ headers: { 'x-valetkey-assertion': assertion } })
  t.match(await ask(ours), { sub: 'alice', email: 'alice@example.com' })
  await t.rejects(ask(foreign))
  await t.rejects(ask(`${ours.slice(0, -4)}AAAA`))
  await t.rejects(verify({ headers: {} }))
})

const pyJwt = await run('python3', ['-c', 'import jwt, cryptography']).catch(() => undefined)
const skip = pyJwt === undefined && 'there is no PyJWT'

const askPython = (assertion: string) =>
  run('python3', [
    '-c',
    `import json, sys\n${exampleIn('python')}\nprint(json.dumps(verify(sys.argv[1])))`,
    assertion,
  ])

t.test('the Python example of the docs verifies', { skip }, async (t) => {
  t.match(JSON.parse((await askPython(ours)).stdout), { sub: 'alice', email: 'alice@example.com' })
  await t.rejects(askPython(foreign))
})
