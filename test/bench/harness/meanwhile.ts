/** Does something again and again while some work goes on, and resolves or rejects as the work does. */
export async function meanwhile<Result>(
  work: Promise<Result>,
  task: () => Promise<void>,
): Promise<Result> {
  const over = new AbortController()
  const repeat = async () => {
    while (!over.signal.aborted) await task()
  }
  const repeating = repeat()
  try {
    return await work
  } finally {
    over.abort()
    await repeating
  }
}
