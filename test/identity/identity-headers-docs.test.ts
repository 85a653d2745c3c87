import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import t from 'tap'
import { identityHeaders } from '../../src/identity/identity-headers.js'
import { identityOf } from '../access/fixtures.js'

const run = promisify(execFile)

const sub = 'Zoë 100%25\r\n'
const groups = ['Vorstand, Köln', '田中', ' x', '%zz']
const headers = Object.fromEntries(
  identityHeaders(identityOf({ groups }, { sub }), { groupsClaim: 'groups' }),
)
const user = headers['X-Forwarded-User']
const joined = headers['X-Forwarded-Groups']

const exampleIn = async (language: string) => {
  const page = await readFile(new URL('../../../docs/identity-headers.md', import.meta.url), 'utf8')
  return page.split(`\`\`\`${language}\n`)[1]?.split('```')[0] ?? ''
}

t.test('SMU-12 the Node.js example of the docs decodes', async (t) => {
  const request = { headers: { 'x-forwarded-user': user, 'x-forwarded-groups': joined } }
  const { stdout } = await run(process.execPath, [
    '-e',
    `const request = ${JSON.stringify(request)}
     ${await exampleIn('js')}
     process.stdout.write(JSON.stringify({ user, groups }))`,
  ])
  t.same(JSON.parse(stdout), { user: sub, groups })
})

const python = await run('python3', ['--version']).catch(() => undefined)
const skip = python === undefined && 'there is no python3'

t.test('SMU-12 the Python example of the docs decodes', { skip }, async (t) => {
  const environ = { HTTP_X_FORWARDED_USER: user, HTTP_X_FORWARDED_GROUPS: joined }
  const script = [
    'import json, sys',
    'environ = json.loads(sys.argv[1])',
    await exampleIn('python'),
    'print(json.dumps({"user": user, "groups": groups}))',
  ].join('\n')
  const { stdout } = await run('python3', ['-c', script, JSON.stringify(environ)])
  t.same(JSON.parse(stdout), { user: sub, groups })
})
