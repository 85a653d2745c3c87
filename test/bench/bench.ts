// Measures what a request costs, beside what people would use instead, and writes docs/benchmark.md.
//   npm run bench                  all of it
//   npm run bench -- NAME …        the parts of these names
//   npm run bench -- --quick       Valetkey's ratios to bare proxies, in less than a minute; writes nothing
import { parseArgs } from 'node:util'
import { circumstances, publish } from './harness/document.js'
import { createOwner, type Owner } from './harness/owner.js'
import { loginRate } from './scenarios/logins.js'
import { webSocketMessages } from './scenarios/websockets.js'
import { quick, sideBySide } from './side-by-side.js'

const parts: Readonly<Record<string, (owner: Owner) => Promise<string>>> = {
  'side-by-side': sideBySide,
  logins: loginRate,
  websockets: webSocketMessages,
}

// Every server of a part is killed should this process end early.
process.setMaxListeners(0)

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false } },
})
if (values.quick) {
  await withOwner(async (owner) => process.stdout.write(await quick(owner)))
} else {
  for (const name of positionals.length > 0 ? positionals : Object.keys(parts)) {
    const run = parts[name]
    if (!run)
      throw new Error(`no part is called ${name}; there are ${Object.keys(parts).join(', ')}`)
    process.stderr.write(`${name}\n`)
    const text = await withOwner(run)
    await publish(name, `${text}\n\n${circumstances()}.`)
  }
}

async function withOwner<Result>(run: (owner: Owner) => Promise<Result>): Promise<Result> {
  const owner = createOwner()
  try {
    return await run(owner)
  } finally {
    await owner.end()
  }
}
