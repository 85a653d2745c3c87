import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import t from 'tap'

const root = process.cwd()

/** An import as it is written in a file, with the file it leads to when it is one of ours. */
interface Import {
  readonly specifier: string
  readonly typeOnly: boolean
  readonly target?: string
}

interface SourceFile {
  /** From the root of the repository, with `/`. */
  readonly path: string
  /** `access` for `src/access/…`, `root` for files directly in `src`. */
  readonly room: string
  readonly text: string
  readonly lineCount: number
  readonly imports: readonly Import[]
}

const importPattern =
  /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm

function parseImports(path: string, text: string): Import[] {
  return [...text.matchAll(importPattern)].map((match) => {
    const specifier = match[2] ?? match[3] ?? ''
    const typeOnly = match[1] !== undefined || /^\w+\s+\{(\s*type\s[^,}]+,?)+\s*\}/.test(match[0])
    if (!specifier.startsWith('.')) return { specifier, typeOnly }
    const target = join(dirname(path), specifier).replace(/\.js$/, '.ts')
    return { specifier, typeOnly, target }
  })
}

const roomOf = (path: string) => /^\w+\/([^/]+)\//.exec(path)?.[1] ?? 'root'

async function readSources(folder: string): Promise<SourceFile[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  return Promise.all(
    paths.map(async (path) => {
      const text = await readFile(join(root, path), 'utf8')
      const lineCount = text.split('\n').length - 1
      return { path, room: roomOf(path), text, lineCount, imports: parseImports(path, text) }
    }),
  )
}

/** Which rooms a room may import, besides itself and the errors; a room that stands not here fails. */
const directions: Record<string, readonly string[]> = {
  root: ['config', 'identity', 'access'],
  config: ['access'],
  access: ['config', 'identity', 'session'],
  identity: ['config', 'session'],
  session: ['config'],
  redis: ['config', 'session'],
  oidc: ['config', 'session'],
  proxy: ['config', 'access', 'identity'],
  http: ['config', 'access', 'identity', 'session'],
  grpc: [],
  telemetry: ['config'],
  admin: ['config', 'session', 'telemetry'],
  commands: ['config', 'access', 'identity', 'session', 'admin'],
}

/** What any room may have. */
const everywhere = new Set([
  'src/announces-body.ts',
  'src/answer-header.ts',
  'src/constant-time.ts',
  'src/errors.ts',
  'src/end-of-turn.ts',
  'src/garbage.ts',
  'src/json-object.ts',
  'src/left-connection.ts',
  'src/raw-headers.ts',
  'src/remember.ts',
])

/** Rooms that know the records of a session but never its workings: types only. */
const recordsOnly = new Set(['access', 'identity', 'oidc', 'config'])

/** Joining rooms is the work of the composition root and the command line, and of nothing else. */
const isJoining = ({ path, room }: SourceFile) => room === 'app' || path === 'src/main.ts'

/** What other rooms may have of `config` at run time: plain functions, never the loading. */
const plainConfig = new Set([
  'src/config/schema.ts',
  'src/config/duration.ts',
  'src/config/claims-of-token.ts',
  'src/config/client-assertion.ts',
  'src/config/client-keys.ts',
  'src/config/fapi.ts',
  'src/config/file-texts.ts',
  'src/config/client-secrets.ts',
  'src/config/pem-faults.ts',
  'src/config/issuer-template.ts',
  'src/config/logout-parameters.ts',
  'src/config/signature-algorithms.ts',
  'src/config/thumbprints.ts',
])

/** No I/O, no clock, no chance: plain data and `now` in, a decision out. */
const pureFiles = (path: string) =>
  /^src\/(access|identity)\//.test(path) ||
  /^src\/session\/(session|session-lifetime|session-store|refresh-lock|refresher)\.ts$/.test(path)

const pureImports = new Set(['node:buffer', 'node:crypto', 'node:net', 'node:url', 'jose'])

const impure =
  /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b|\bprocess\.|\bset(Timeout|Interval|Immediate)\b|\bfetch\(/

/** The path from a file back to itself over imports, if there is one. */
function findCycle(files: ReadonlyMap<string, SourceFile>): string[] | undefined {
  const done = new Set<string>()
  function visit(path: string, trail: readonly string[]): string[] | undefined {
    const seenAt = trail.indexOf(path)
    if (seenAt !== -1) return [...trail.slice(seenAt), path]
    if (done.has(path)) return undefined
    for (const { target, typeOnly } of files.get(path)?.imports ?? []) {
      const cycle = target && !typeOnly ? visit(target, [...trail, path]) : undefined
      if (cycle) return cycle
    }
    done.add(path)
    return undefined
  }
  for (const path of files.keys()) {
    const cycle = visit(path, [])
    if (cycle) return cycle
  }
  return undefined
}

const sources = await readSources('src')
const tests = await readSources('test')

t.test('every import leads in a direction that its room allows', async (t) => {
  const wrong = sources
    .filter((file) => !isJoining(file))
    .flatMap(({ path, room, imports }) => {
      const allowed = new Set([room, ...(directions[room] ?? [])])
      return imports
        .filter(({ target }) => target !== undefined && !everywhere.has(target))
        .filter(({ target }) => target !== undefined && !allowed.has(roomOf(target)))
        .map(({ specifier }) => `${path} imports ${specifier}`)
    })
  t.same(wrong, [])
})

t.test('every room is known to this test', async (t) => {
  const unknown = sources.filter((file) => !isJoining(file) && !(file.room in directions))
  t.same(
    unknown.map(({ path }) => path),
    [],
  )
})

t.test('every relative import leads to a file of src', async (t) => {
  const known = new Set(sources.map(({ path }) => path))
  const wrong = sources.flatMap(({ path, imports }) =>
    imports
      .filter(({ target }) => target !== undefined && !known.has(target))
      .map(({ specifier }) => `${path} imports ${specifier}`),
  )
  t.same(wrong, [])
})

t.test('rooms that need only the records of a session import only its types', async (t) => {
  const wrong = sources
    .filter(({ room }) => recordsOnly.has(room))
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ target, typeOnly }) => target && roomOf(target) === 'session' && !typeOnly)
        .map(({ specifier }) => `${path} imports ${specifier}`),
    )
  t.same(wrong, [])
})

t.test('only the composition root and the command line load the configuration', async (t) => {
  const wrong = sources
    .filter((file) => file.room !== 'config' && !isJoining(file))
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ target, typeOnly }) => target && roomOf(target) === 'config' && !typeOnly)
        .filter(({ target }) => target !== undefined && !plainConfig.has(target))
        .map(({ specifier }) => `${path} imports ${specifier}`),
    )
  t.same(wrong, [])
})

t.test('only the command line imports the composition root, and nothing imports it', async (t) => {
  const wrong = sources.flatMap(({ path, room, imports }) =>
    imports
      .filter(
        ({ target }) =>
          target === 'src/main.ts' ||
          (target?.startsWith('src/app/') && room !== 'app' && path !== 'src/main.ts'),
      )
      .map(({ specifier }) => `${path} imports ${specifier}`),
  )
  t.same(wrong, [])
})

t.test('there is no cycle', async (t) => {
  const files = new Map(sources.map((file) => [file.path, file]))
  t.equal(findCycle(files)?.join(' -> '), undefined)
})

t.test('pure rooms do no I/O and read no clock', async (t) => {
  for (const { path, text, imports } of sources.filter((file) => pureFiles(file.path))) {
    const foreign = imports.filter(({ target, typeOnly }) => target === undefined && !typeOnly)
    t.same(
      foreign.map(({ specifier }) => specifier).filter((name) => !pureImports.has(name)),
      [],
      path,
    )
    t.equal(impure.exec(text)?.[0], undefined, path)
  }
})

t.test('the header that marks answers is spelled in one file', async (t) => {
  const spelling = sources.filter(({ text }) => text.includes("'x-valetkey-answer'"))
  t.same(
    spelling.map(({ path }) => path),
    ['src/answer-header.ts'],
  )
})

t.test('no file of src has more than 300 lines', async (t) => {
  // One schema is one story, however many keys it has.
  const exempt = 'src/config/schema.ts'
  const long = sources.filter(({ path, lineCount }) => path !== exempt && lineCount > 300)
  t.same(
    long.map(({ path, lineCount }) => `${path}: ${lineCount}`),
    [],
  )
})

t.test('no file holds leftovers', async (t) => {
  const leftovers = /\bconsole\.\w|\b(TODO|FIXME|XXX)\b|\bas any\b|: any\b|as unknown as/
  for (const { path, text } of sources) t.equal(leftovers.exec(text)?.[0], undefined, path)
  const focused = /\.(only|skip|todo)\(|\b(skip|todo|only): *true/
  for (const { path, text } of tests) t.equal(focused.exec(text)?.[0], undefined, path)
})
