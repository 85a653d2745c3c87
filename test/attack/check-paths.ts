import type { Test } from 'tap'
import { type Ask, isRefusal } from './corpus-routes.js'
import { readCorpus } from './corpus.js'

/**
 * Holds that every line of paths.txt takes its route or is refused. With `mayRefuseMore` a line may be refused that the
 * route table would take, since the parser of HTTP stands before it; that most are not is held all the same.
 */
export async function checkPaths(t: Test, ask: Ask, { mayRefuseMore = false } = {}): Promise<void> {
  const lines = await readCorpus('paths.txt')
  t.ok(lines.length >= 400, `${lines.length} lines`)
  let served = 0
  for (const { title, expected, value } of lines) {
    const outcome = await ask(value)
    const isRefused = outcome === 'refused' && (mayRefuseMore || isRefusal(expected))
    t.equal(isRefused ? expected : outcome, expected, title)
    if (!isRefusal(outcome)) served++
  }
  t.ok(served > 120, `${served} lines are served`)
}
