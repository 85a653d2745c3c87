import type { HeldLease } from './held-lease.js'
import type { KeyRing } from './key-ring.js'
import {
  createLiveSession,
  isAccessTokenValid,
  type LiveSession,
  type SessionTimes,
} from './live-session.js'
import type { RefreshTrace } from './refresh-lock.js'
import type { Refresher, RefreshOutcome } from './refresher.js'
import { sealSession } from './seal.js'
import { sessionExpiresAt } from './session-lifetime.js'
import type { Observation, SessionLoader } from './session-loader.js'
import type { SessionRegister } from './session-register.js'
import { type SessionStore, StoreUnavailableError } from './session-store.js'
import type { Session, SessionRecord } from './session.js'
import type { UnsavedSessions } from './unsaved-sessions.js'

/** How one attempt to refresh a session ended. */
export type RefreshResult =
  /** This process bought the tokens. */
  | { readonly kind: 'refreshed'; readonly live: LiveSession }
  /** Someone else had bought them already. */
  | { readonly kind: 'adopted'; readonly live: LiveSession }
  | { readonly kind: 'ended'; readonly reason: string }
  | Unavailable

interface Unavailable {
  readonly kind: 'unavailable'
  readonly reason: string
  readonly retryAfterMs?: number
}

const changedMeanwhile: Unavailable = {
  kind: 'unavailable',
  reason: 'the session changed during the refresh',
}

/** While a holder may yet return, one looks for what it got this often. */
const lookAgainMs = 1000

/** A result as logs and metrics may see it: without the session. */
export interface RefreshReport {
  readonly kind: RefreshResult['kind']
  readonly reason?: string
}

export interface RefreshSessionOptions extends SessionTimes {
  readonly store: SessionStore
  readonly keyRing: KeyRing
  readonly loader: SessionLoader
  readonly register: SessionRegister
  readonly unsaved: UnsavedSessions
  readonly clock: () => number
}

/** `written` resolves when the store has what there is to store; until then the lock is needed. */
export interface LockedRefresh {
  readonly result: RefreshResult
  readonly written: Promise<void>
}

/**
 * Refreshes a session whose refresh lock is held. Reads the session anew first, since it may have been
 * refreshed or ended by whoever held the lock before. What is written replaces only what was read, so
 * neither a logout nor newer tokens are ever overwritten. Where an earlier holder may come back with
 * tokens that are nowhere else, no session is ended before it had the time to. `undefined`: the lock was
 * lost before the provider was asked. Throws StoreUnavailableError, but not once the provider has handed
 * out tokens that are nowhere else.
 */
export async function refreshLockedSession(
  options: RefreshSessionOptions,
  refresher: Refresher,
  known: LiveSession,
  lease: Pick<HeldLease, 'trace' | 'ask' | 'refuse'>,
): Promise<LockedRefresh | undefined> {
  // A logout from here on is noted, and told apart from a store that is merely away.
  const observation = options.loader.observe(known.key)
  try {
    const current = await options.loader.reload(known.ticket)
    if (current === undefined) return done({ kind: 'ended', reason: 'the session is gone' })
    const { live, record } = current
    if (options.clock() < live.refreshAt) return done({ kind: 'adopted', live })
    if (lease.trace?.version === live.version) {
      const result = await respectTrace(options, live, lease.trace)
      if (result !== undefined) return done(result)
    }
    // Whoever took the lock over meanwhile has used the refresh token, and a second use may revoke all.
    if (!(await lease.ask(live.version))) return undefined
    const startedAt = options.clock()
    const outcome = await refresher(record, startedAt)
    switch (outcome.kind) {
      case 'refreshed':
        return await save(options, live, mergeRecord(record, outcome), { startedAt, observation })
      case 'rejected':
        return done(
          (await lease.refuse(live.version))
            ? await endRejected(options, live, outcome.reason)
            : await adopt(options, live, heldBack(outcome.reason)),
        )
      case 'unavailable':
        return done(outcome)
    }
  } finally {
    observation.end()
  }
}

function done(result: RefreshResult): LockedRefresh {
  return { result, written: Promise.resolve() }
}

/** What to do instead of asking the provider with a refresh token that was used; `undefined`: ask. */
async function respectTrace(
  options: RefreshSessionOptions,
  current: LiveSession,
  trace: RefreshTrace,
): Promise<RefreshResult | undefined> {
  if (trace.kind === 'refused') {
    return trace.graceMs > 0
      ? heldBack('the provider refused', trace.graceMs)
      : endRejected(
          options,
          current,
          'the provider refused, and who asked before it did not return',
        )
  }
  const validMs = current.session.tokens.accessTokenExpiresAt - options.clock()
  if (validMs <= 0) return undefined
  // Asking could make a provider that takes reuse for theft revoke what the other one has got.
  const reason = 'another replica asked the provider and has not returned'
  return { kind: 'unavailable', reason, retryAfterMs: validMs }
}

/** A refusal that ends nothing yet. */
function heldBack(refusal: string, graceMs = lookAgainMs): Unavailable {
  const reason = `${refusal}; another replica may have new tokens`
  return { kind: 'unavailable', reason, retryAfterMs: Math.min(graceMs, lookAgainMs) }
}

/** New tokens replace, missing ones stay (RFC 6749 §6); creation and end never move. */
function mergeRecord(
  record: SessionRecord,
  { tokens, identity }: Extract<RefreshOutcome, { kind: 'refreshed' }>,
): SessionRecord {
  return {
    ...record,
    tokens: { ...record.tokens, ...tokens },
    identity: identity ?? record.identity,
  }
}

async function save(
  options: RefreshSessionOptions,
  current: LiveSession,
  record: SessionRecord,
  { startedAt, observation }: { readonly startedAt: number; readonly observation: Observation },
): Promise<LockedRefresh> {
  const { keyRing, loader, unsaved } = options
  const { key, ticket, version } = current
  const live = createLiveSession(options, ticket, record, current)
  const sealed = sealSession(keyRing, ticket, record)
  const write = () => replace(options, current, { session: live.session, sealed, startedAt })
  const answer = await write().catch(unlessUnreachable)
  switch (answer) {
    case 'replaced': {
      loader.forget(key)
      return done(asRefreshed({ ...live, version: version + 1 }))
    }
    case 'absent':
      return done({ kind: 'ended', reason: 'the session ended during the refresh' })
    case 'conflict':
      return done(await adopt(options, current))
    case 'unreachable': {
      const opened = { live, record }
      // Also when nobody may use them yet: of a session that has ended the store takes none.
      const written = unsaved.keep(opened, write)
      const shown = loader.substitute(opened, observation)
      const result = shown ? asRefreshed(shown) : await askStore(options, live)
      return { result, written }
    }
  }
}

function asRefreshed(live: LiveSession): RefreshResult {
  return { kind: 'refreshed', live }
}

/** What becomes of kept tokens whose session may have ended: a store that takes nothing may still answer. */
async function askStore(
  { loader, clock }: RefreshSessionOptions,
  mine: LiveSession,
): Promise<RefreshResult> {
  const current = await loader.reload(mine.ticket).catch(unlessUnreachable)
  if (current === 'unreachable') {
    return { kind: 'unavailable', reason: 'the session may have ended during the refresh' }
  }
  if (current === undefined) {
    return { kind: 'ended', reason: 'the session ended during the refresh' }
  }
  const { live } = current
  if (live.version === mine.version) return asRefreshed(live)
  return isAccessTokenValid(live, clock()) ? { kind: 'adopted', live } : changedMeanwhile
}

/**
 * Files the session under what it belongs to now, then replaces what was read. When the refresh brought
 * another `sid`, a logout of that may have come too early to find the session: then it ends here. Else
 * it is filed there already and the next touch mends what fails, so that new tokens never wait for sets
 * which cannot be reached, as on another node of a cluster.
 */
async function replace(
  { store, register, clock, inactivityTimeoutMs }: RefreshSessionOptions,
  { key, version, session: before }: LiveSession,
  refreshed: { readonly session: Session; readonly sealed: Buffer; readonly startedAt: number },
): Promise<'replaced' | 'conflict' | 'absent'> {
  const { session, sealed, startedAt } = refreshed
  const { issuer, sid } = before.identity
  const expiresAt = sessionExpiresAt(session, clock(), inactivityTimeoutMs)
  const filed = register.file(key, session.identity, expiresAt)
  await (sid === session.identity.sid ? filed.catch(unlessUnreachable) : filed)
  const answer = await store.replace(key, sealed, version)
  // A conflict may be with a first attempt of ours whose answer was lost, so it is looked at as well.
  if (answer === 'absent' || sid === session.identity.sid) return answer
  if (await register.isEnded(session.identity, startedAt)) {
    await store.destroy(key)
    return 'absent'
  }
  if (sid !== undefined) void register.unfileSid(key, issuer, sid).catch(() => undefined)
  return answer
}

function unlessUnreachable(error: unknown): 'unreachable' {
  if (error instanceof StoreUnavailableError) return 'unreachable'
  throw error
}

/** Takes what someone else wrote meanwhile. */
async function adopt(
  options: RefreshSessionOptions,
  mine: LiveSession,
  otherwise: Unavailable = changedMeanwhile,
): Promise<RefreshResult> {
  const theirs = (await options.loader.reload(mine.ticket))?.live
  if (theirs === undefined) return { kind: 'ended', reason: 'the session is gone' }
  const isNewer = theirs.version !== mine.version
  if (isNewer && isAccessTokenValid(theirs, options.clock())) {
    return { kind: 'adopted', live: theirs }
  }
  return otherwise
}

/** The provider may have refused only because another replica used the refresh token first. */
async function endRejected(
  options: RefreshSessionOptions,
  refused: LiveSession,
  reason: string,
): Promise<RefreshResult> {
  if (await options.store.destroy(refused.key, refused.version)) {
    options.loader.forget(refused.key)
    return { kind: 'ended', reason }
  }
  return adopt(options, refused)
}
