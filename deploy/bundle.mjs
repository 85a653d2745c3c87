// Bundles src/main.ts with everything it imports, to run without node_modules: one file, and chunks of what not
// every configuration needs. Usage: node deploy/bundle.mjs [folder]   (default: dist/bundle)
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')
const folder = process.argv[2] ?? join(root, 'dist/bundle')

/** Modules that packages load at once and that Valetkey never calls. */
const leftOut = [
  'undici/lib/mock/(mock-(agent|call-history|client|errors|pool)|snapshot-agent)',
  'undici/lib/interceptor/[a-z-]+',
  'undici/lib/cache/[a-z-]+-store',
  'undici/lib/web/(cookies/index|eventsource/eventsource)',
  'undici/lib/web/websocket/(websocket|stream/[a-z]+)',
  'prom-client/lib/(cluster|pushgateway)',
  // what fastify would compile schemas of routes with: there are none
  '@fastify/ajv-compiler/lib/(serializer|validator)-compiler',
  'fast-json-stringify/index',
].map((module) => new RegExp(`/node_modules/${module}\\.js$`))

const leaveOut = {
  name: 'leave out',
  setup({ onLoad, onEnd }) {
    const found = new Set()
    onLoad({ filter: /\/node_modules\/.*\.js$/ }, ({ path }) => {
      const pattern = leftOut.find((module) => module.test(path))
      if (pattern === undefined) return undefined
      found.add(pattern)
      return { contents: '' }
    })
    onEnd(() => {
      const missing = leftOut.filter((module) => !found.has(module))
      if (missing.length > 0) throw new Error(`not there to be left out: ${missing.join(', ')}`)
    })
  },
}

/** To import a module of Node's own touches all it exports, and so loads what `node:http` has of a browser. */
const requireBuiltins = {
  name: 'require builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?[a-z/_]+$/ }, ({ path, kind }) =>
      kind === 'import-statement' && isBuiltin(path) ? { path, namespace: 'builtin' } : undefined,
    )
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = require('${path}')`,
    }))
  },
}

/** A CommonJS module that is imported later would be a chunk with its default alone, without what Node names of it. */
const importAtOnce = {
  name: 'import at once',
  setup({ onLoad }) {
    onLoad({ filter: /\/node_modules\/@fastify\/cookie\/index\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(
        "await import('cookie')",
        "require('cookie')",
      ),
    }))
  },
}

// Chunks of another time have other names.
await rm(join(folder, 'chunks'), { recursive: true, force: true })
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { valetkey: 'src/main.ts' },
  outdir: folder,
  outExtension: { '.js': '.mjs' },
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  plugins: [importAtOnce, leaveOut, requireBuiltins],
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  // CommonJS dependencies call require for Node's own modules, which an ES module does not have.
  banner: {
    js: "import { createRequire as createBundleRequire } from 'node:module'; const require = createBundleRequire(import.meta.url);",
  },
  minifyWhitespace: true,
  sourcemap: 'external',
  // The licences follow whole, in a file of their own.
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
})

const scripts = Object.keys(metafile.outputs).filter((file) => file.endsWith('.mjs'))
for (const script of scripts) {
  const text = await readFile(join(root, script), 'latin1')
  if (/export default require_\w+\(\)/.test(text)) {
    throw new Error(`a CommonJS module that is imported later: ${script}`)
  }
  // With a single other character V8 would keep two bytes for each.
  const other = /[^\0-\x7f]/.exec(text)
  if (other) throw new Error(`not ASCII: ${text.slice(other.index - 80, other.index + 20)}`)
}

/** `node_modules/a/node_modules/@b/c/lib/d.js` comes from the package in `node_modules/a/node_modules/@b/c`. */
function packageFolder(input) {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]
}

async function describePackage(path) {
  const { name, version, license } = JSON.parse(
    await readFile(join(root, path, 'package.json'), 'utf8'),
  )
  const files = (await readdir(join(root, path))).filter((file) =>
    /^(licen[cs]e|notice|copying)/i.test(file),
  )
  const texts = await Promise.all(files.map((file) => readFile(join(root, path, file), 'utf8')))
  return [`${name} ${version} (${license})`, ...texts.map((text) => text.trim())].join('\n\n')
}

const folders = new Set(Object.keys(metafile.inputs).map(packageFolder).filter(Boolean))
const licences = await Promise.all([...folders].map(describePackage))

await writeFile(
  join(folder, 'THIRD-PARTY-LICENSES.txt'),
  `${licences.toSorted((a, b) => a.localeCompare(b, 'en')).join(`\n\n${'-'.repeat(80)}\n\n`)}\n`,
)
