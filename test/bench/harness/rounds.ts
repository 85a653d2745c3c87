/** Runs every case once in each round, so that what else the machine does meets all of them alike. */
export async function inRounds<Case, Result>(
  rounds: number,
  cases: readonly Case[],
  measure: (each: Case) => Promise<Result>,
): Promise<Result[][]> {
  const results = cases.map((): Result[] => [])
  for (let round = 0; round < rounds; round++) {
    for (const [at, each] of cases.entries()) {
      results[at]?.push(await measure(each))
      process.stderr.write('.')
    }
  }
  process.stderr.write('\n')
  return results
}
