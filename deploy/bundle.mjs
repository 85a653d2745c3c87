// Bundles src/main.ts with everything it imports into one file that runs without node_modules.
// Usage: node deploy/bundle.mjs [folder]   (default: dist/bundle)
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')
const folder = process.argv[2] ?? join(root, 'dist/bundle')

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outfile: join(folder, 'valetkey.mjs'),
  bundle: true,
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
