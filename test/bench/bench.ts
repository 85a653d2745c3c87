// Measures what a request costs, beside what people would use instead, and writes docs/benchmark.md.
//   npm run bench                  all parts but those that take long, which are run by name
//   npm run bench -- NAME …        the parts of these names
//   npm run bench -- --dry-run …   prints the figures and writes nothing
//   npm run bench -- --quick       Valetkey's ratios to bare proxies, in less than a minute; writes nothing
// `--seconds N` is how long `soak` lasts, `--sessions N,…` are the sizes of `stored-sessions`.
import { parseArgs } from 'node:util'
import { circumstances, publish } from './harness/document.js'
import { createOwner, type Owner } from './harness/owner.js'
import type { Part, PartOptions } from './harness/part.js'
import { cacheAtBound } from './scenarios/cache-bound.js'
import { idleConnections } from './scenarios/connections.js'
import { eventStreams } from './scenarios/event-streams.js'
import { forwardAuth } from './scenarios/forward-auth.js'
import { largeBodies } from './scenarios/large-bodies.js'
import { loginRate } from './scenarios/logins.js'
import { memory } from './scenarios/memory.js'
import { refreshStorm } from './scenarios/refresh-storm.js'
import { replicas } from './scenarios/replicas.js'
import { soak } from './scenarios/soak.js'
import { startUp } from './scenarios/startup.js'
import { storedSessions } from './scenarios/stored-sessions.js'
import { warmAndCold } from './scenarios/warm-and-cold.js'
import { webSocketMessages } from './scenarios/websockets.js'
import { quick, sideBySide } from './side-by-side.js'

const usual = {
  'side-by-side': sideBySide,
  'warm-and-cold': warmAndCold,
  'forward-auth': forwardAuth,
  'refresh-storm': refreshStorm,
  logins: loginRate,
  websockets: webSocketMessages,
  'event-streams': eventStreams,
  startup: startUp,
  memory,
  replicas,
  bodies: largeBodies,
  connections: idleConnections,
}
const byName = { soak, 'stored-sessions': storedSessions, 'cache-bound': cacheAtBound }
const parts: ReadonlyMap<string, Part> = new Map(Object.entries({ ...usual, ...byName }))

// Every server of a part is killed should this process end early.
process.setMaxListeners(0)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(1))
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    'dry-run': { type: 'boolean', default: false },
    seconds: { type: 'string' },
    sessions: { type: 'string' },
  },
})
const options: PartOptions = {
  ...(values.seconds !== undefined && { seconds: Number(values.seconds) }),
  ...(values.sessions !== undefined && { sessions: values.sessions.split(',').map(Number) }),
}
if (values.quick) {
  await withOwner(async (owner) => process.stdout.write(await quick(owner)))
} else {
  const names = positionals.length > 0 ? positionals : Object.keys(usual)
  const chosen = names.map((name) => ({ name, part: findPart(name) }))
  for (const { name, part } of chosen) await run(name, part)
}

function findPart(name: string): Part {
  const part = parts.get(name)
  if (part) return part
  throw new Error(`no part is called ${name}; there are ${[...parts.keys()].join(', ')}`)
}

/** One that fails is told at once, and keeps the others from nothing. */
async function run(name: string, part: Part): Promise<void> {
  process.stderr.write(`${name}\n`)
  try {
    const text = await withOwner((owner) => part(owner, options))
    const markdown = `${text}\n\n${await circumstances()}.`
    process.stdout.write(`\n${markdown}\n`)
    if (!values['dry-run']) await publish(name, markdown)
  } catch (error) {
    process.stderr.write(
      `${name} failed: ${error instanceof Error ? error.stack : String(error)}\n`,
    )
    process.exitCode = 1
  }
}

async function withOwner<Result>(use: (owner: Owner) => Promise<Result>): Promise<Result> {
  const owner = createOwner()
  try {
    return await use(owner)
  } finally {
    await owner.end()
  }
}
