import type { Redis } from 'ioredis'
import { fetchServerFacts, type ServerFacts } from './server-facts.js'

/** Hears what changes on one server. */
export interface ChangeListener {
  /** The moment, by `monotonic`, up to which every change since the last beginning has been reported; none while deaf. */
  knownUntil(): number | undefined
  /** Of the server as of the last connection. */
  facts(): ServerFacts | undefined
  /** Asks for a sign of life, which moves `knownUntil` on. Never throws. */
  beat(): Promise<void>
  /** Lets the connection go for another one, which may lead to another server. */
  reconnect(): void
  close(): void
}

export interface ChangeListenerOptions {
  /** A connection of its own that speaks RESP2: there, invalidations arrive as messages. */
  readonly connection: Redis
  /** What the names of interest begin with. */
  readonly prefixes: readonly string[]
  readonly monotonic: () => number
  /** Each changed name; `undefined` when any may have changed. */
  readonly onChange: (name: string | undefined) => void
  readonly onFacts: (facts: ServerFacts) => void
  /** From now on everything is heard, until `onDeaf`. */
  readonly onListening: () => void
  readonly onDeaf: () => void
}

const channel = '__redis__:invalidate'

/**
 * Has a server report every change, by whatever client (CLIENT TRACKING in broadcast mode). The
 * connection redirects the reports to itself, so there is no half of it that can be lost. Answers and
 * reports come in order on one connection: once a heartbeat is answered, every change from before it was
 * sent has been reported.
 */
export function createChangeListener(options: ChangeListenerOptions): ChangeListener {
  const { connection, monotonic } = options
  const prefixes = options.prefixes.flatMap((prefix) => ['PREFIX', prefix])
  /** Counts the connections: what began on an earlier one tells nothing about this one. */
  let epoch = 0
  let known: number | undefined
  let facts: ServerFacts | undefined

  async function listen() {
    const mine = ++epoch
    const told = await fetchServerFacts(connection)
    if (mine !== epoch) return
    facts = told
    options.onFacts(told)
    const id = await connection.client('ID')
    // prettier-ignore
    await connection.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', String(id), 'BCAST', ...prefixes)
    const startedAt = monotonic()
    await connection.subscribe(channel)
    if (mine !== epoch) return
    known = startedAt
    options.onListening()
  }

  // Without a listener the event would end the process. What is down is told by `knownUntil`.
  connection.on('error', () => {})
  connection.on('ready', () => {
    // The server may be too old or forbid tracking: then nothing is ever certain, and all still works.
    void listen().catch(() => {})
  })
  connection.on('close', () => {
    epoch++
    const wasListening = known !== undefined
    known = undefined
    facts = undefined
    if (wasListening) options.onDeaf()
  })
  connection.on('messageBuffer', (_channel: Buffer, message: unknown) => {
    for (const name of parseInvalidation(message)) options.onChange(name)
  })

  return {
    knownUntil: () => known,
    facts: () => facts,
    async beat() {
      if (known === undefined) return
      const mine = epoch
      const sentAt = monotonic()
      const isAnswered = await connection.ping().then(
        () => true,
        () => false,
      )
      if (isAnswered && mine === epoch && known !== undefined) known = sentAt
    },
    reconnect: () => connection.disconnect(true),
    close: () => connection.disconnect(),
  }
}

/** The names in a report; one `undefined` when Redis dropped everything (FLUSHALL) or said nothing clear. */
function parseInvalidation(message: unknown): (string | undefined)[] {
  return Array.isArray(message) ? message.map(String) : [undefined]
}
