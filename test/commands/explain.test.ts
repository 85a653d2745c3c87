import { readFileSync } from 'node:fs'
import t from 'tap'
import { explain, type ExplainArguments } from '../../src/commands/explain.js'
import { loadText } from '../helpers/config-fixtures.js'

const now = 1_800_000_000_000
const rulesPage = readFileSync('docs/rules.md', 'utf8')
const exampleOf = (language: string) =>
  new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(rulesPage)?.[1] ?? ''
const config = loadText(exampleOf('yaml'))

const files: Readonly<Record<string, string>> = {
  'alice.json': exampleOf('json'),
  'mfa.json': JSON.stringify({
    sub: 'alice',
    groups: 'staff',
    realm_access: { roles: ['payroll'] },
    acr: 'mfa',
    auth_time: now / 1000 - 60,
  }),
  'list.json': '[]',
  'nobody.json': '{}',
  'broken.json': '{',
  'hostile.json': JSON.stringify({ sub: 'a\u001b[2J\u202e', groups: ['\r\nrule     yes all'] }),
}

function readFile(path: string): string {
  const text = files[path]
  if (text === undefined) throw new Error('no such file')
  return text
}

const tell = (url: string, args: ExplainArguments = {}) =>
  explain({ url: `https://app.example.com${url}`, ...args }, config, { now, readFile })

t.test('the examples of docs/rules.md say what is printed', async (t) => {
  const examples = [...rulesPage.matchAll(/```\n\$ valetkey explain (.*)\n([^]*?)```/g)]
  t.ok(examples.length >= 3)
  for (const [, commandLine = '', printed = ''] of examples) {
    const words = commandLine.split(' ').filter((word) => !/^--config$|\.yaml$/.test(word))
    const args: Record<string, string> = {}
    for (let at = 0; at < words.length; at += 2)
      args[words[at]?.slice(2) ?? ''] = words[at + 1] ?? ''
    t.equal(`${explain(args, config, { now, readFile }).join('\n')}\n`, printed, commandLine)
  }
})

t.test('whoever satisfies all is forwarded, with these headers', async (t) => {
  const lines = tell('/payroll/', { claims: 'mfa.json' }).join('\n')
  t.match(lines, /rule {5}yes all\n/)
  t.match(lines, /maxAge 15m \(authenticated 60s ago\)/)
  t.match(
    lines,
    /outcome {2}forwarded to http:\/\/127\.0\.0\.1:3001\nheaders {2}.*X-Forwarded-User/,
  )
  t.match(lines, /Authorization$/)
})

t.test('every other end', async (t) => {
  const ends: [url: string, args: ExplainArguments, end: RegExp][] = [
    [
      '/public/x',
      {},
      /person {3}not looked at\noutcome {2}forwarded.*\nheaders .*X-Forwarded-Host/,
    ],
    [
      '/payroll/',
      {},
      /person {3}nobody signed in\noutcome {2}302 to the sign-in for a page, which asks for .*=/,
    ],
    ['/payroll/', { claims: 'hostile.json' }, /outcome {2}403$/],
    ['/oauth2/start', {}, /own endpoints$/],
    ['/a#b', {}, /400 ERR_REQUEST_TARGET_FRAGMENT/],
    ['/%00', {}, /400 ERR_REQUEST_TARGET_CONTROL/],
    ['/PAYROLL/', {}, /upper and lower case\noutcome {2}400 ERR_REQUEST_TARGET_AMBIGUOUS/],
    ['', { 'client-address': '::1' }, /^request {2}GET \/ at app\.example\.com from ::1\n/],
    ['?x=/', {}, /^request {2}GET \/\?x=\/ at/],
  ]
  for (const [url, args, end] of ends) t.match(tell(url, args).join('\n'), end, url)
  const narrow = loadText(
    exampleOf('yaml').replace('- upstream', '- match: { path: /a }\n    upstream'),
  )
  const nowhere = explain({ url: 'https://x.example/b' }, narrow, { now, readFile })
  t.equal(nowhere.at(-1), 'outcome  404, no route matches')
  const socket = exampleOf('yaml').replace('http://127.0.0.1:3001', '{ url: unix:/run/app.sock }')
  const args = { url: 'https://x.example/payroll/', claims: 'mfa.json' }
  const there = explain(args, loadText(socket), { now, readFile })
  t.equal(there.at(-2), 'outcome  forwarded to unix:/run/app.sock')
})

t.test('a route for people of one provider', async (t) => {
  const narrow = loadText(
    exampleOf('yaml').replace('  - upstream', '  - providers: [corp]\n    upstream'),
  )
  const rest = { url: 'https://app.example.com/', claims: 'alice.json' }
  const told = (of: typeof narrow, args: ExplainArguments) =>
    explain(args, of, { now, readFile }).join('\n')
  t.match(told(narrow, rest), /rule {5}yes provider corp \(is corp\)\noutcome {2}forwarded/)
  const partner =
    'providers:\n  - { id: partner, issuer: https://b.example, clientId: a, clientAuthentication: none }'
  const both = loadText(
    exampleOf('yaml')
      .replace('providers:', partner)
      .replace('  - upstream', '  - providers: [corp]\n    upstream'),
  )
  t.match(
    told(both, { ...rest, provider: 'partner' }),
    /rule {5}no {2}provider corp \(is partner\)\noutcome {2}403 with the choice to sign in with corp/,
  )
  t.match(told(both, { url: rest.url }), /302 to the sign-in with corp for a page/)
})

t.test('what a provider or a file says cannot talk to the terminal', async (t) => {
  const lines = tell('/payroll/', { claims: 'hostile.json' })
  for (const line of lines) t.notMatch(line, /[\p{Cc}\p{Cf}]/u)
  t.notOk(lines.includes('rule     yes all'))
})

t.test('what is no request and no person is refused', async (t) => {
  const wrong: ExplainArguments[] = [
    {},
    { url: 'app.example.com/' },
    { url: 'ftp://app.example.com/' },
    { url: 'https://user@app.example.com/' },
    { url: 'https:///x' },
    { url: 'https://a/', method: 'G T' },
    { url: 'https://a/', 'client-address': '10.0.0.0/8' },
    { url: 'https://a/', provider: 'other' },
    ...['list', 'nobody', 'broken', 'absent'].map((name) => ({
      url: 'https://a/',
      claims: `${name}.json`,
    })),
  ]
  for (const args of wrong) {
    const explaining = () => explain(args, config, { now, readFile })
    t.throws(explaining, { name: 'UsageError' }, JSON.stringify(args))
  }
})
