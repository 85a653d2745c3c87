import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { type FetchLike } from '../helpers/provider.js'
import { asNavigation, signIn } from '../helpers/stack.js'
import { withoutPreloads } from '../helpers/without-preloads.js'

const navigation = { ...asNavigation, 'sec-fetch-site': 'same-origin' }

await promisify(execFile)(...withoutPreloads('npm', 'run', '--silent', 'build'))

t.test('what was built can be run by its name', async (t) => {
  // npx links a package once, and makes its program executable only then.
  const { mode } = await stat('dist/main.js')
  t.equal(mode & 0o111, 0o111)
})

/** Runs the demo and resolves when it has printed its address. */
async function startDemo(t: Test) {
  const demo = spawn(...withoutPreloads(process.execPath, 'deploy/demo/demo.mjs'), {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(demo, 'exit')
  t.teardown(async () => {
    demo.kill('SIGTERM')
    await ended
  })
  let complaint = ''
  demo.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text))
  const said: string[] = []
  for await (const line of createInterface({ input: demo.stdout })) {
    said.push(line)
    const address = /^ {2}(http:\S+)$/.exec(line)?.[1]
    if (address !== undefined) return { demo, ended, address, said }
  }
  throw new Error(`the demo ended: ${complaint}`)
}

t.test('the demo shows sign-in, rules and sign-out, and ends at Ctrl-C', async (t) => {
  const { demo, ended, address, said } = await startDemo(t)
  t.notMatch(said.join('\n'), '{', 'nothing to warn of')
  const alice = createJarFetch()
  const bob = createJarFetch()
  const visit = (browser: FetchLike, path: string) =>
    browser(address + path, { headers: navigation })

  const stranger = await visit(alice, '/public/')
  t.equal(stranger.status, 200)
  t.match(await stranger.text(), 'whoever you are')

  const { landed } = await signIn({ publicUrl: address }, 'alice', { client: alice })
  t.equal(landed, `${address}/`)
  const home = await (await visit(alice, '/')).text()
  for (const shown of ['Hello, alice', 'alice@example.com', 'staff,admins', 'Bearer ']) {
    t.match(home, shown)
  }
  t.notMatch(home, /cookie/i, "Valetkey's cookies stay with Valetkey")
  t.equal((await visit(alice, '/admin/')).status, 200)

  await signIn({ publicUrl: address }, 'bob', { client: bob })
  t.equal((await visit(bob, '/')).status, 200)
  for (const path of ['/admin/', '/admin']) t.equal((await visit(bob, path)).status, 403, path)

  const signOut = await visit(alice, '/oauth2/sign_out')
  t.match(signOut.headers.get('location'), /^http:\/\/127\.0\.0\.1:[0-9]+\/session\/end\?/)
  t.equal((await visit(alice, '/')).status, 302)

  demo.kill('SIGINT')
  t.same(await ended, [0, null])
  await t.rejects(visit(bob, '/'))
})
