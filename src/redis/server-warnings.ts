import { type ServerFacts, warningOf } from './server-facts.js'

/** What an operator should know of the servers, although they work. */
export interface ServerWarnings {
  current(): readonly string[]
  /** Resolves when every known server has told of itself, or after `timeoutMs`. */
  whenTold(timeoutMs: number): Promise<void>
  note(server: string, facts: ServerFacts): void
  /** Takes what a server tells on the same connection later: told again only when it is something new. */
  renew(server: string, facts: ServerFacts): void
  /** Forgets the servers that are no longer among these. */
  keepOnly(servers: ReadonlySet<string>): void
}

export function createServerWarnings(onWarning?: (warning: string) => void): ServerWarnings {
  const told = new Map<string, string | undefined>()
  const awaited = new Set<string>()
  const waiting = new Set<() => void>()

  function note(server: string, facts: ServerFacts) {
    const warning = warningOf(facts)
    told.set(server, warning)
    awaited.delete(server)
    if (warning !== undefined) onWarning?.(warning)
    if (awaited.size === 0) for (const wake of waiting) wake()
  }

  return {
    note,
    current: () => [...new Set([...told.values()].filter((each) => each !== undefined))],
    whenTold(timeoutMs) {
      if (told.size > 0 && awaited.size === 0) return Promise.resolve()
      return new Promise((resolve) => {
        const timer = setTimeout(wake, timeoutMs)
        function wake() {
          clearTimeout(timer)
          waiting.delete(wake)
          resolve()
        }
        waiting.add(wake)
      })
    },
    renew(server, facts) {
      if (told.has(server) && told.get(server) !== warningOf(facts)) note(server, facts)
    },
    keepOnly(servers) {
      for (const server of told.keys()) if (!servers.has(server)) told.delete(server)
      awaited.clear()
      for (const server of servers) if (!told.has(server)) awaited.add(server)
    },
  }
}
