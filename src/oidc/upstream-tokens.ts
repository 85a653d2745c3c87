import type { TokenTarget } from '../config/schema.js'
import type { SentToken } from '../session/session.js'
import type {
  TokenHolder,
  UpstreamTokens,
  UpstreamTokenVerdict,
} from '../session/upstream-tokens.js'
import { OidcError } from './errors.js'
import { createTokenCache, type TokenCache } from './token-cache.js'
import type { UpstreamToken } from './upstream-token.js'

export interface UpstreamTokensOptions {
  readonly targets: readonly TokenTarget[]
  /** One call to the provider of the holder; throws OidcError. */
  readonly exchange: (
    holder: TokenHolder,
    target: TokenTarget,
    now: number,
  ) => Promise<UpstreamToken>
  /** At most so long before its expiry a token is renewed; a short-lived one in the second half of its life. */
  readonly renewAheadMs: number
  readonly clock: () => number
  /** Is told of each call. */
  readonly onExchange: (holder: TokenHolder, verdict: UpstreamTokenVerdict) => void
}

const cacheBytes = 32 * 1024 * 1024
/** What a token takes besides its characters; measured on V8. */
const overheadBytes = 500
const refusalBytes = 4 * 1024 * 1024
/** How long not to ask again after a refusal: such are seldom mended within seconds. */
const refusedForMs = 10_000
const unavailableForMs = 3000
const longestHoldOffMs = 60_000

interface Kept {
  readonly token: SentToken
  readonly renewAt: number
}

type Refusal = Extract<UpstreamTokenVerdict, { kind: 'refused' }>

interface Call {
  readonly verdict: Promise<UpstreamTokenVerdict>
  /** The holder was forgotten meanwhile, so that nothing is kept of what comes. */
  isForgotten: boolean
}

/** What is kept of one target. Routes that name the same one share it. */
interface TargetState {
  readonly tokens: TokenCache<Kept>
  readonly refusals: TokenCache<{ readonly verdict: Refusal; readonly until: number }>
  readonly calls: Map<string, Call>
}

/**
 * Keeps a token by holder and target until it expires, whatever becomes of the token that it was made of: a
 * session that was refreshed goes on with it. A refusal is kept for some seconds, so that a provider which
 * gives none is not asked at each request.
 */
export function createUpstreamTokens(options: UpstreamTokensOptions): UpstreamTokens {
  const { exchange, renewAheadMs, clock, onExchange } = options
  const states = new Map<string, TargetState>()
  const byTarget = new Map<TokenTarget, TargetState>()
  const share = 1 / Math.max(new Set(options.targets.map(nameOf)).size, 1)
  for (const target of options.targets) {
    const state = states.get(nameOf(target)) ?? {
      tokens: createTokenCache(cacheBytes * share),
      refusals: createTokenCache(refusalBytes * share),
      calls: new Map(),
    }
    states.set(nameOf(target), state)
    byTarget.set(target, state)
  }

  function stateOf(target: TokenTarget): TargetState {
    const state = byTarget.get(target)
    if (state === undefined) throw new Error('a target of no route')
    return state
  }

  function start(state: TargetState, holder: TokenHolder, target: TokenTarget) {
    const { calls } = state
    const call: Call = {
      verdict: run(state, holder, target, () => call.isForgotten).finally(() => {
        if (calls.get(holder.key) === call) calls.delete(holder.key)
      }),
      isForgotten: false,
    }
    calls.set(holder.key, call)
    return call.verdict
  }

  async function run(
    { tokens, refusals }: TargetState,
    holder: TokenHolder,
    target: TokenTarget,
    isForgotten: () => boolean,
  ): Promise<UpstreamTokenVerdict> {
    const now = clock()
    const verdict = await exchange(holder, target, now).then(keep, refuse)
    onExchange(holder, verdict)
    return verdict

    function keep({ token, expiresAt }: UpstreamToken): UpstreamTokenVerdict {
      const aheadMs = Math.min(renewAheadMs, (expiresAt - now) / 2)
      const bytes = overheadBytes + token.accessToken.length
      const kept = { token, renewAt: expiresAt - aheadMs }
      if (!isForgotten()) tokens.set(holder.key, kept, { goodUntil: expiresAt, bytes })
      return { kind: 'token', token }
    }

    function refuse(error: unknown): UpstreamTokenVerdict {
      const refused = refusalOf(error)
      const isTemporary = refused.code === 'ERR_UPSTREAM_TOKEN_UNAVAILABLE'
      const holdOffMs = refused.retryAfterMs ?? (isTemporary ? unavailableForMs : refusedForMs)
      const until = clock() + Math.min(holdOffMs, longestHoldOffMs)
      const entry = { verdict: refused, until }
      if (!isForgotten()) {
        refusals.set(holder.key, entry, { goodUntil: until, bytes: overheadBytes })
      }
      return refused
    }
  }

  return {
    known(holder, target, now) {
      const state = stateOf(target)
      const kept = state.tokens.get(holder.key, now)
      if (kept === undefined) return undefined
      const isDue = now >= kept.renewAt && !state.calls.has(holder.key)
      if (isDue && state.refusals.get(holder.key, now) === undefined) {
        void start(state, holder, target)
      }
      return kept.token
    },
    async obtain(holder, target, now) {
      const state = stateOf(target)
      const call = state.calls.get(holder.key)
      if (call !== undefined) return call.verdict
      const refused = state.refusals.get(holder.key, now)
      if (refused === undefined) return start(state, holder, target)
      return { ...refused.verdict, retryAfterMs: refused.until - now }
    },
    holds: (key) =>
      [...states.values()].some(({ tokens, calls }) => tokens.has(key) || calls.has(key)),
    forget(key) {
      for (const { tokens, refusals, calls } of states.values()) {
        tokens.delete(key)
        refusals.delete(key)
        const call = calls.get(key)
        if (call !== undefined) call.isForgotten = true
        calls.delete(key)
      }
    },
  }
}

const nameOf = ({ audiences, resources, scopes, requestedTokenType }: TokenTarget): string =>
  JSON.stringify([audiences, resources, scopes, requestedTokenType])

/** Anything but an OidcError is a defect. Its message may quote what it choked on, so only its name is told. */
function refusalOf(error: unknown): Refusal {
  if (!(error instanceof OidcError)) {
    const name = error instanceof Error ? error.name : typeof error
    const reason = `the exchange failed with ${name}`
    return { kind: 'refused', code: 'ERR_UPSTREAM_TOKEN', reason, retryAfterMs: undefined }
  }
  const { code, message: reason, retryAfterMs } = error
  if (code === 'ERR_UPSTREAM_TOKEN' || code === 'ERR_UPSTREAM_TOKEN_DENIED') {
    return { kind: 'refused', code, reason, retryAfterMs }
  }
  return { kind: 'refused', code: 'ERR_UPSTREAM_TOKEN_UNAVAILABLE', reason, retryAfterMs }
}
