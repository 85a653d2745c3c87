// Prints what the pure functions of the path of each request cost: time, memory and instructions. What does not depend on other load goes to docs/benchmark.md.
import { publish } from './harness/document.js'
import { byRow, markdownTable, printTable } from './harness/table.js'
import { countInstructions, measureCall } from './micro/cost.js'
import { hotCalls } from './micro/hot-calls.js'

interface Cost {
  readonly name: string
  readonly nanoseconds: number
  readonly bytes: number | undefined
  readonly instructions: number | undefined
}

const figure = (value: number | undefined) => (value === undefined ? '' : value.toFixed(0))

const costs: Cost[] = []
for (const [at, call] of hotCalls.entries()) {
  const measured = measureCall(call)
  const instructions = await countInstructions(at, measured.nanoseconds)
  costs.push({ name: call.name, ...measured, instructions })
}

printTable(
  ['a call', 'ns', 'bytes', 'instructions'],
  costs.map(({ name, nanoseconds, bytes, instructions }) => [
    name,
    ...[nanoseconds, bytes, instructions].map(figure),
  ]),
)
if (costs.every(({ instructions }) => instructions === undefined)) {
  process.stdout.write('\nValgrind is missing, so that no instructions are counted.\n')
}

const counted = ['bytes', 'instructions'] as const
const known = counted.filter((kind) => costs.every((cost) => cost[kind] !== undefined))
if (known.length > 0) {
  const rows = byRow(
    known,
    costs.map((cost) => [cost.name, (kind) => figure(cost[kind])] as const),
  )
  await publish(
    'micro',
    `Node ${process.version.slice(1)}.\n\n${markdownTable(['a call', ...known], rows)}`,
  )
}
