import type { ChangeFeed, SessionKey } from '../session/session-store.js'
import type { ChangeListener, ChangeListenerOptions } from './change-listener.js'
import type { RedisKeys } from './redis-keys.js'
import type { ServerFacts } from './server-facts.js'

export interface RedisChanges {
  readonly changes: ChangeFeed
  /** Calls back when a refresh lock was taken, extended, given up, or ran out. */
  subscribeToLocks(listener: (key: SessionKey) => void): void
  close(): void
}

/** What a listener is given to report to. */
export type ListenerEvents = Omit<ChangeListenerOptions, 'connection'>

/** Which servers hold sessions: one, or the primaries of a cluster. */
export interface ServerWatch<Server> {
  /** The servers by name. Throws when that cannot be told. */
  fetchServers(): Promise<ReadonlyMap<string, Server>>
  listenTo(server: Server, events: ListenerEvents): ChangeListener
  /** Whether a listener hears the server that commands go to. */
  hears(listener: ChangeListener): 'the server' | 'another server' | 'unknown'
}

export interface RedisChangesOptions<Server> {
  readonly watch: ServerWatch<Server>
  readonly keys: RedisKeys
  /** What moments are kept by, since the wall clock may be set back or ahead at any time. */
  readonly monotonic: () => number
  readonly onFacts?: (server: string, facts: ServerFacts) => void
  readonly onServers?: (servers: ReadonlySet<string>) => void
}

const heartbeatMs = 200
/**
 * The time in which a revocation that happens just as the connection dies can go unnoticed. The rest of
 * the promised second is for noticing it on a busy machine.
 */
const certainForMs = 600

/**
 * Joins the reports of all servers into one feed. It is certain while every server that holds sessions
 * is heard and the list of these servers is fresh. Each new connection and each change of that list
 * begins a new generation, so that whatever was loaded before is looked up again.
 */
export function createRedisChanges<Server>(options: RedisChangesOptions<Server>): RedisChanges {
  const { watch, keys, monotonic } = options
  const listeners: ((key: SessionKey | undefined) => void)[] = []
  const lockListeners: ((key: SessionKey) => void)[] = []
  let current = { generation: 0 }
  /** The moment up to which the changes of each of the last generations are known. */
  const knownUntil = new Map<number, number>()
  let isListening = false
  let isClosed = false

  const servers = new Map<string, ChangeListener>()
  let serversKnownAt = Number.NEGATIVE_INFINITY

  function listenTo(name: string, server: Server) {
    const whileNeeded = (act: () => void) => () => {
      if (servers.get(name) === listener) act()
    }
    const listener = watch.listenTo(server, {
      prefixes: [keys.sessionPrefix, keys.lockPrefix],
      monotonic,
      onChange: report,
      onFacts: (facts) => whileNeeded(() => options.onFacts?.(name, facts))(),
      onListening: whileNeeded(beginGeneration),
      onDeaf: whileNeeded(endGeneration),
    })
    servers.set(name, listener)
  }

  /** The moment up to which the changes on every server are known. */
  function knownEverywhere(): number | undefined {
    let known = serversKnownAt
    for (const listener of servers.values()) {
      const until = listener.knownUntil()
      if (until === undefined || watch.hears(listener) !== 'the server') return undefined
      known = Math.min(known, until)
    }
    return servers.size === 0 ? undefined : known
  }

  function endGeneration() {
    isListening = false
  }

  function beginGeneration() {
    endGeneration()
    const known = knownEverywhere()
    if (known === undefined) return
    current = { generation: current.generation + 1 }
    knownUntil.set(current.generation, known)
    // What older generations knew is staler than any configuration honours after this many.
    knownUntil.delete(current.generation - 1000)
    isListening = true
  }

  async function lookForServers() {
    const askedAt = monotonic()
    const found = await watch.fetchServers()
    if (isClosed || askedAt < serversKnownAt) return
    serversKnownAt = askedAt
    const gone = [...servers.keys()].filter((name) => !found.has(name))
    const fresh = [...found].filter(([name]) => !servers.has(name))
    for (const name of gone) {
      const listener = servers.get(name)
      servers.delete(name)
      listener?.close()
    }
    for (const [name, server] of fresh) listenTo(name, server)
    if (gone.length === 0 && fresh.length === 0) return
    options.onServers?.(new Set(servers.keys()))
    beginGeneration()
  }

  async function beat() {
    const { generation } = current
    for (const listener of servers.values()) {
      // An address may lead to another server by now, while an old connection stays where it was.
      if (watch.hears(listener) === 'another server') listener.reconnect()
    }
    await Promise.all([
      lookForServers().catch(() => {}),
      ...Array.from(servers.values(), (listener) => listener.beat()),
    ])
    const known = knownEverywhere()
    if (known === undefined) return endGeneration()
    if (!isListening) return beginGeneration()
    if (generation === current.generation) knownUntil.set(generation, known)
  }

  void beat()
  const heartbeat = setInterval(() => void beat(), heartbeatMs).unref()

  function report(name: string | undefined) {
    const changed = name === undefined ? undefined : keys.parse(name)
    if (changed?.kind === 'lock') {
      for (const listener of lockListeners) listener(changed.key)
    } else if (changed !== undefined || name === undefined) {
      for (const listener of listeners) listener(changed?.key)
    }
  }

  return {
    changes: {
      subscribe: (listener) => void listeners.push(listener),
      certainty() {
        const until = knownUntil.get(current.generation) ?? Number.NEGATIVE_INFINITY
        return isListening && monotonic() - until <= certainForMs ? current : undefined
      },
      uncertainForMs(generation) {
        const until = knownUntil.get(generation)
        return until === undefined ? undefined : monotonic() - until
      },
    },
    subscribeToLocks: (listener) => void lockListeners.push(listener),
    close() {
      isClosed = true
      clearInterval(heartbeat)
      for (const listener of servers.values()) listener.close()
    },
  }
}
