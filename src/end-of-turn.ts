const due: (() => void)[] = []

/**
 * Does something when everything that has arrived by now was taken in, before the process looks for more: writes to
 * sockets, which cost less behind one another. Each of them wakes whoever waits for it, if that one has run out
 * of work; after the first it has not. With nothing else to take in that is at once.
 */
export function atEndOfTurn(act: () => void): void {
  due.push(act)
  if (due.length === 1) setImmediate(doWhatIsDue)
}

/** What fails does not keep the rest from being done. */
function doWhatIsDue(): void {
  const acts = due.splice(0)
  let done = 0
  try {
    for (const act of acts) {
      done++
      act()
    }
  } finally {
    if (done < acts.length) {
      const wasIdle = due.length === 0
      due.unshift(...acts.slice(done))
      if (wasIdle) setImmediate(doWhatIsDue)
    }
  }
}
