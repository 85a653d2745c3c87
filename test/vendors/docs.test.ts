import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { loadConfig } from '../../src/config/load.js'
import { createSessionKey } from '../../src/session/key-ring.js'

const folder = new URL('../../../docs/providers/', import.meta.url)
const secrets = new Map([
  ['/run/secrets/client-secret', 'the client secret'],
  ['/run/secrets/session-keys', createSessionKey()],
])

function load(yaml: string) {
  return loadConfig({
    file: '/etc/valetkey.yaml',
    env: {},
    readFile(path) {
      const text = path === '/etc/valetkey.yaml' ? yaml : secrets.get(path)
      if (text === undefined) throw new Error(`no ${path}`)
      return text
    },
  })
}

/** The configurations of a page; those of others, such as a broker's, have no `publicUrl`. */
function configurationsIn(page: string): string[] {
  const blocks = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => block)
  return blocks.filter((block) => block.startsWith('publicUrl:'))
}

const vendorOf = new Map([
  ['ping.md', 'pingfederate'],
  ['saml.md', 'dex'],
])

for (const name of readdirSync(folder).filter((each) => each !== 'README.md')) {
  t.test(
    `docs/providers/${name} has a configuration that loads, with the right profile`,
    async (t) => {
      const [first, ...others] = configurationsIn(readFileSync(new URL(name, folder), 'utf8'))
      const vendor = vendorOf.get(name) ?? name.replace('.md', '')
      t.equal(load(first ?? '').providers[0]?.vendor, vendor)
      for (const other of others) t.ok(load(other).providers[0]?.vendor)
    },
  )
}
