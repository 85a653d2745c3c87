import { type SessionStore, StoreUnavailableError } from '../../src/session/session-store.js'

const commands = [
  'create',
  'load',
  'replace',
  'touch',
  'retire',
  'destroy',
  'consumeOnce',
  'loadFacts',
  'wasConsumed',
  'index',
] as const
type Command = (typeof commands)[number]

export interface FaultyStore {
  readonly store: SessionStore
  readonly counts: Record<Command, number>
  /** Runs before the command reaches the store, and may wait or throw. */
  before: Partial<Record<Command, () => void | Promise<void>>>
  /** Runs after the command took effect, before its answer arrives, and may wait or throw. */
  after: Partial<Record<Command, () => void | Promise<void>>>
  /** Whether the change feed is certain. */
  certain: boolean
  /** Every command fails and nothing is certain, until it is back with a new generation. */
  goDown(): void
  comeBack(): void
}

/**
 * A store that fails at the very moment a test chooses, in front of a real one. The same faults happen
 * to a real Redis in test/redis, but there nobody can tell exactly when.
 */
export function createFaultyStore(real: SessionStore, monotonic: () => number): FaultyStore {
  let generation = 1
  let lostCertaintyAt: number | undefined
  const counts = {
    create: 0,
    load: 0,
    replace: 0,
    touch: 0,
    retire: 0,
    destroy: 0,
    consumeOnce: 0,
    loadFacts: 0,
    wasConsumed: 0,
    index: 0,
  }

  const faulty: FaultyStore = {
    counts,
    before: {},
    after: {},
    certain: true,
    goDown() {
      faulty.before = Object.fromEntries(commands.map((command) => [command, fail]))
      faulty.certain = false
      lostCertaintyAt = monotonic()
    },
    comeBack() {
      faulty.before = {}
      faulty.certain = true
      lostCertaintyAt = undefined
      generation++
    },
    store: {
      create: (...args) => run('create', () => real.create(...args)),
      load: (...args) => run('load', () => real.load(...args)),
      replace: (...args) => run('replace', () => real.replace(...args)),
      touch: (...args) => run('touch', () => real.touch(...args)),
      retire: (...args) => run('retire', () => real.retire(...args)),
      destroy: (...args) => run('destroy', () => real.destroy(...args)),
      consumeOnce: (...args) => run('consumeOnce', () => real.consumeOnce(...args)),
      loadFacts: (...args) => run('loadFacts', () => real.loadFacts(...args)),
      wasConsumed: (...args) => run('wasConsumed', () => real.wasConsumed(...args)),
      forms: real.forms,
      signingKeys: real.signingKeys,
      index: {
        add: (...args) => run('index', () => real.index.add(...args)),
        remove: (...args) => run('index', () => real.index.remove(...args)),
        list: (...args) => run('index', () => real.index.list(...args)),
        markEnded: (...args) => run('index', () => real.index.markEnded(...args)),
        endedAt: (...args) => run('index', () => real.index.endedAt(...args)),
      },
      changes: {
        subscribe: (listener) => real.changes.subscribe(listener),
        certainty: () => (faulty.certain ? { generation } : undefined),
        uncertainForMs: () => (lostCertaintyAt === undefined ? 0 : monotonic() - lostCertaintyAt),
      },
      close: () => real.close(),
    },
  }

  async function run<Result>(command: Command, call: () => Promise<Result>): Promise<Result> {
    counts[command]++
    await faulty.before[command]?.()
    const result = await call()
    await faulty.after[command]?.()
    return result
  }

  return faulty
}

function fail(): never {
  throw new StoreUnavailableError('Redis cannot be reached')
}
