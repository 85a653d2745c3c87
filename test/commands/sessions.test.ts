import t, { type Test } from 'tap'
import { createAdmin } from '../../src/admin/admin.js'
import {
  parseSessionsCommand,
  runSessionsCommand,
  type SessionsArguments,
} from '../../src/commands/sessions.js'
import { createLogger } from '../../src/telemetry/logger.js'
import { createMetrics } from '../../src/telemetry/metrics.js'
import { freePort } from '../helpers/free-port.js'
import { createTestSessions, createTokens, identity } from '../session/fixtures.js'

const token = 'operator-token-of-the-tests'

/** A real admin listener, and the command line in front of it. */
async function start(t: Test) {
  const sessions = createTestSessions(t)
  const admin = createAdmin({
    logger: createLogger({ level: 'silent' }),
    unreadiness: async () => [],
    metrics: createMetrics(),
    sessions: {
      token,
      inventory: sessions,
      issuers: [identity.issuer],
      onRevoked: () => undefined,
    },
    answerMalformed: (_error, socket) => socket.destroy(),
  })
  t.teardown(() => admin.close())
  await admin.listen({ host: '127.0.0.1', port: 0 })
  const address = admin.server.address()
  const port = typeof address === 'object' ? address?.port : undefined

  async function run(
    positionals: readonly string[],
    args: SessionsArguments = {},
    at: { listen?: string; token?: string | undefined } = {},
  ): Promise<string[]> {
    const lines: string[] = []
    const command = parseSessionsCommand(positionals, args)
    await runSessionsCommand(command, { listen: `0.0.0.0:${port}`, token, ...at }, (line) =>
      lines.push(line),
    )
    return lines
  }
  async function signIn(sub: string, userAgent = 'Browser/1') {
    const now = Date.now()
    const client = { userAgent, address: '192.0.2.1' }
    const signedIn = { identity: { ...identity, sub }, tokens: createTokens(now, 60_000), client }
    return (await sessions.create(signedIn, now)).live
  }
  return { run, signIn }
}

t.test('what could mean something else is refused', async (t) => {
  const wrong: readonly (readonly [string[], SessionsArguments])[] = [
    [[], {}],
    [['fly'], {}],
    [['list', 'x'], {}],
    [['list'], { issuer: 'https://idp.example.com' }],
    [['list'], { sub: '' }],
    [['revoke'], {}],
    [['revoke', 'a', 'b'], {}],
    [['revoke', 'a'], { sub: 'alice' }],
    [['revoke', 'a'], { json: true }],
    [['revoke'], { issuer: 'https://idp.example.com' }],
    [['revoke'], { sub: '' }],
  ]
  for (const [positionals, args] of wrong) {
    t.throws(
      () => parseSessionsCommand(positionals, args),
      { name: 'UsageError' },
      JSON.stringify([positionals, args]),
    )
  }
})

t.test('lists sessions as a table and as lines of JSON', async (t) => {
  const { run, signIn } = await start(t)
  const { key, session } = await signIn('alice')
  await signIn('bob with a longer name')
  const table = await run(['list'])
  t.equal(table.length, 3)
  const [head = ''] = table
  t.match(head, /^ID +SUB +PROVIDER +CREATED +LAST ACTIVE +ADDRESS +USER AGENT$/)
  const created = new Date(session.createdAt).toISOString().replace(/\.\d+Z/, 'Z')
  const row = table.find((line) => line.startsWith(key)) ?? ''
  t.match(row.split(/ {2,}/), [key, 'alice', 'corp', created, /Z$/, '192.0.2.1', 'Browser/1'])
  for (const line of table)
    t.equal(line.indexOf('corp'), line === head ? -1 : head.indexOf('PROVIDER'))

  const [line = '', ...more] = await run(['list'], { sub: 'alice', json: true })
  t.same(more, [])
  t.match(JSON.parse(line), { id: key, sub: 'alice', userAgent: 'Browser/1' })
})

t.test('a browser that calls itself names cannot talk to the terminal', async (t) => {
  const { run, signIn } = await start(t)
  const hostile = 'A\u001b[2J\u009b31m\u202eB\r\nC\u{e0041}'
  await signIn('mallory', hostile)
  const [, row = ''] = await run(['list'])
  t.match(row, /A\ufffd\[2J\ufffd31m\ufffdB\ufffd\ufffdC\ufffd$/)
  const [line = ''] = await run(['list'], { json: true })
  t.match(line, /^[\x20-\x7e]+$/)
  t.equal(JSON.parse(line).userAgent, hostile)
})

t.test('revokes one session, or all of a person', async (t) => {
  const { run, signIn } = await start(t)
  const { key } = await signIn('alice')
  for (let each = 0; each < 2; each++) await signIn('alice')
  await signIn('bob')
  t.same(await run(['revoke', key]), ['1 session ended'])
  await t.rejects(run(['revoke', key]), /404: there is no session of this id/)
  t.same(await run(['revoke'], { sub: 'alice', issuer: 'https://other.example' }), [
    '0 sessions ended',
  ])
  t.same(await run(['revoke'], { sub: 'alice' }), ['2 sessions ended'])
  t.equal((await run(['list'], { json: true })).length, 1)
})

t.test('an empty list has its head and no rows', async (t) => {
  const { run } = await start(t)
  t.equal((await run(['list'])).length, 1)
  t.same(await run(['list'], { json: true }), [])
})

t.test('says what is missing or wrong, and never the token', async (t) => {
  const { run } = await start(t)
  await t.rejects(run(['list'], {}, { token: undefined }), /admin\.tokenFile.*VALETKEY_ADMIN_TOKEN/)
  await t.rejects(run(['list'], {}, { token: 'another-wrong-token' }), {
    message: /answered 401: (?!.*another-wrong-token)/,
  })
  await t.rejects(run(['list'], {}, { listen: '127.0.0.1:0' }), /port 0/)
  const nobody = await freePort()
  await t.rejects(
    run(['list'], {}, { listen: `[::]:${nobody}` }),
    new RegExp(`no answer from the admin listener at http://\\[::1\\]:${nobody}`),
  )
})
