import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { problemsOf, sessionKey } from './helpers/config-fixtures.js'
import { certificate, privateKey } from './proxy/self-signed.js'

const pages = ['.', 'docs'].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
)

/** The anchor of a heading, as GitHub makes it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .trim()
    .replaceAll(' ', '-')

const anchorsOf = (page: string) =>
  [...readFileSync(page, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    anchorOf(heading),
  )

t.test('every relative link leads to a file, and to a heading of it', async (t) => {
  for (const page of pages) {
    const links = [...readFileSync(page, 'utf8').matchAll(/\]\(([^)\s]+)\)/g)]
    for (const [, link = ''] of links.filter(([, each = '']) => !/^\w+:/.test(each))) {
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? page : join(dirname(page), path)
      t.ok(existsSync(target), `${page}: ${link}`)
      if (anchor !== undefined) t.ok(anchorsOf(target).includes(anchor), `${page}: ${link}`)
    }
  }
})

/** What a configuration in a page may leave out. */
const rest = {
  publicUrl: 'https://app.example.com',
  providers: [{ id: 'corp', issuer: 'https://idp.example.com', clientId: 'app' }],
  routes: [{ upstream: 'http://127.0.0.1:3000' }],
}

/** A file that is what its name says. */
function contentOf(path: string): string {
  if (path.endsWith('-keys')) return sessionKey
  if (path.endsWith('.key')) return privateKey
  if (/\.(pem|crt)$/.test(path)) return certificate
  if (path.includes('/tokens/')) return 'header.claims.signature'
  return 'a secret of 24 characters'
}

const files = new Proxy<Record<string, string>>({}, { get: (_, path) => contentOf(String(path)) })

t.test('every configuration in the pages loads', async (t) => {
  for (const page of pages) {
    const blocks = readFileSync(page, 'utf8').matchAll(/^```yaml\n([^]*?)^```$/gm)
    for (const [, block = ''] of blocks) {
      const written: unknown = parse(block)
      if (typeof written !== 'object' || written === null) continue
      if (!['publicUrl', 'providers', 'routes'].some((key) => key in written)) continue
      const config = { ...rest, ...written }
      // Most pages leave out the secret; one that says how the client authenticates leaves out nothing.
      const isWhole = block.includes('clientAuthentication') || config.providers.length > 1
      const env = isWhole ? {} : { VALETKEY_CLIENT_SECRET: 's' }
      const problems = problemsOf(stringify(config), env, files)
      t.same(problems, [], `${page}: ${block.slice(0, 60)}`)
    }
  }
})
