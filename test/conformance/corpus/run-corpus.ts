import type { Test } from 'tap'
import { startHostileProvider } from '../../helpers/hostile-provider.js'
import { createJarFetch } from '../../helpers/jar-fetch.js'
import { startProduct, type Product, type Seen, type Trusted } from '../product.js'
import type { Case } from './case.js'
import { objectionOfOpenidClient } from './oracle.js'

/** Cases that wait for their deadline hold up no others. */
const atOnce = 8
/** Less than the smallest answer of which all would be kept; more than what the other cases leave. */
const mostGrowthMiB = 200

/** Runs each case at a provider of its own; one product trusts them all. */
export async function runCorpus(t: Test, cases: readonly Case[]): Promise<void> {
  const trusted = await Promise.all(cases.map((each, index) => startProvider(t, each, index)))
  const product = await startProduct(t, trusted)
  const before = process.resourceUsage().maxRSS
  const outcomes = await Promise.all(startInTurn(product, cases, trusted))
  const growthMiB = (process.resourceUsage().maxRSS - before) / 1024
  for (const [index, each] of cases.entries()) {
    const outcome = outcomes[index]
    if (outcome !== undefined) t.test(each.name, async (t) => judge(t, each, outcome))
  }
  t.test('the memory stays within bounds', async (t) => {
    t.ok(growthMiB < mostGrowthMiB, `grown by ${Math.round(growthMiB)} MiB`)
  })
}

interface Outcome {
  readonly seen: Seen
  /** How often the tokens were asked for, and what a redirect named. */
  readonly tokenCalls: number
  readonly strayCalls: number
  /** What openid-client objects to, if it was asked. */
  readonly objection: string | undefined
}

async function startProvider(t: Test, { bend, settings }: Case, index: number): Promise<Trusted> {
  const provider = await startHostileProvider()
  t.teardown(() => provider.stop())
  bend?.(provider)
  return { id: `case-${index}`, provider, settings }
}

function startInTurn(
  product: Product,
  cases: readonly Case[],
  trusted: readonly Trusted[],
): Promise<Outcome>[] {
  const lanes: Promise<unknown>[] = Array.from({ length: atOnce }, () => Promise.resolve())
  return cases.map(async (each, index) => {
    const party = trusted[index]
    if (party === undefined) throw new Error('a case without a provider')
    const lane = index % atOnce
    const run = (lanes[lane] ?? Promise.resolve()).then(() => runCase(product, each, party))
    lanes[lane] = run.catch(() => undefined)
    return run
  })
}

async function runCase(product: Product, each: Case, party: Trusted): Promise<Outcome> {
  const { provider } = party
  const client = createJarFetch()
  const begun = await product.begin(client, party)
  let seen: Seen = begun
  if (begun.authorization !== undefined) {
    const parameters = provider.authorize(begun.authorization)
    each.answer?.(parameters, provider.issuer)
    seen = await product.finish(client, begun, parameters)
  }
  const [tokenCalls, strayCalls] = [provider.callsTo('/token'), provider.callsTo('/elsewhere')]
  const objection = each.isBoundless
    ? undefined
    : await objectionOfOpenidClient(provider, (answer) => each.answer?.(answer, provider.issuer))
  return { seen, tokenCalls, strayCalls, objection }
}

function judge(t: Test, each: Case, { seen, tokenCalls, strayCalls, objection }: Outcome): void {
  t.equal(strayCalls, 0, 'no redirect was followed')
  if (each.code === undefined) {
    t.equal(seen.answer, 'LOGIN_FINISHED')
    t.equal(
      objection !== undefined,
      each.because !== undefined,
      each.because ?? objection ?? 'alike',
    )
    return
  }
  t.equal(seen.code, each.code)
  t.match(seen, { answer: /^ERR_/, location: undefined })
  t.not(seen.status, 500)
  if (each.answer !== undefined) t.equal(tokenCalls, 0, 'no tokens were asked for')
  if (objection === undefined && !each.isBoundless) t.comment('openid-client accepts it')
}
