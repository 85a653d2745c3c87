import type { SessionKey } from '../../src/session/session-store.js'
import type { Identity } from '../../src/session/session.js'
import { SignInOvertakenError } from '../../src/session/sign-in-overtaken.js'
import { createTokens, identity } from './fixtures.js'
import {
  createModelReplicas,
  fail,
  inactivityTimeoutMs,
  lifetimeMs,
  tokenLifetimeMs,
} from './model-replicas.js'
import type { Step } from './model-steps.js'

const minute = 60_000
/** A login that takes longer is none any more. */
const loginMs = 10 * minute
const extend = { extend: true }

/** What the simplest thinkable implementation knows of one session. */
interface ModelSession {
  readonly key: SessionKey
  readonly cookieValue: string
  readonly identity: Identity
  readonly endsAt: number
  /** A session may end a touch interval early, so the last activity is known within bounds. */
  lastSeenAt: number
  isEnded: boolean
}

/** And of somebody who is at the provider. */
interface ModelLogin {
  readonly identity: Identity
  readonly startedAt: number
  /** The key that sealed the login's cookie; without it the login cannot be finished. */
  readonly sealedWith: string | undefined
}

type Whose = Pick<Extract<Step, { do: 'sign in' }>, 'sub' | 'sid'>
type ProviderLogout = Extract<Step, { do: 'logout by the provider' }>

const identityOf = ({ sub, sid }: Whose): Identity & { sid: string } => ({
  ...identity,
  sub: `sub-${sub}`,
  sid: `sid-${sub}-${sid}`,
})

/** The replicas and the model beside them. Throws as soon as they differ. */
export function createModelWorld() {
  let now = 1_800_000_000_000
  const replicas = createModelReplicas(() => now)
  const { at, isLinkWell } = replicas
  const people: ModelSession[] = []
  let logins: ModelLogin[] = []
  /** When everything of a `sid` or `sub` was last ended. */
  const ends = new Map<string, number>()

  function isOver(person: ModelSession, slackMs: number) {
    const inactiveAt = person.lastSeenAt + inactivityTimeoutMs - slackMs
    return person.isEnded || now >= person.endsAt || now >= inactiveAt
  }

  function isOvertaken({ identity: { sid = '', sub }, startedAt }: ModelLogin) {
    return [sid, sub].some((name) => (ends.get(name) ?? 0) >= startedAt)
  }

  const beginLogin = (whose: Whose): ModelLogin => ({
    identity: identityOf(whose),
    startedAt: now,
    sealedWith: replicas.sealingKey(),
  })

  /** A logout at this moment may still end the session only after it has begun. */
  async function finishLogin(login: ModelLogin, index: number, isLogoutUnderWay = false) {
    if (!isLinkWell(index) || now - login.startedAt > loginMs) return
    const { startedAt } = login
    const signIn = { ...login, startedAt, tokens: createTokens(now, tokenLifetimeMs) }
    const begun = await at(index).create(signIn, now).catch(unlessOvertaken)
    if (begun === undefined) {
      if (!isOvertaken(login)) fail('turned somebody away who was not logged out')
      return
    }
    const isEnded = isOvertaken(login)
    if (isEnded && !isLogoutUnderWay) fail('let somebody in who was logged out meanwhile')
    const { cookieValue, live } = begun
    const { key, session } = live
    const endsAt = now + lifetimeMs
    people.unshift({
      key,
      cookieValue,
      identity: session.identity,
      endsAt,
      lastSeenAt: now,
      isEnded,
    })
  }

  async function request(person: ModelSession, index: number) {
    const live = await at(index)
      .load(person.cookieValue, now, extend)
      .catch(() => 'unavailable' as const)
    if (live === 'unavailable') {
      if (isLinkWell(index)) fail('the store was well')
      return
    }
    if (live === undefined) {
      if (!isOver(person, minute)) fail('lost a session')
      person.isEnded = true
      return
    }
    if (isOver(person, 0)) fail('kept a session that is over')
    if (isLinkWell(index)) person.lastSeenAt = now
    const freshened = await at(index).freshen(live, now)
    if (freshened.kind === 'ended') fail(`ended without a reason: ${freshened.reason}`)
    if (freshened.kind === 'live' && freshened.live.session.tokens.accessTokenExpiresAt <= now) {
      fail('passed an expired token')
    }
    const isAllWell = replicas.isProviderWell() && isLinkWell(index)
    if (freshened.kind === 'unavailable' && isAllWell && freshened.retryAfterMs > 30_000) {
      fail('held off for too long')
    }
  }

  /** A request at the moment of a logout: it may be served or not, but it must not undo the logout. */
  async function requestMeanwhile({ cookieValue }: ModelSession, index: number) {
    const live = await at(index)
      .load(cookieValue, now, extend)
      .catch(() => undefined)
    if (live !== undefined) await at(index).freshen(live, now)
  }

  async function logOut(person: ModelSession, index: number) {
    if (!isLinkWell(index)) return
    const live = await at(index).load(person.cookieValue, now, extend)
    if (live !== undefined) await at(index).destroy(live)
    person.isEnded = true
  }

  async function logOutByProvider({ by, at: index, during, delays, ...whose }: ProviderLogout) {
    if (!isLinkWell(index)) return
    const { issuer, sid, sub } = identityOf(whose)
    const theirs = people.filter((person) => person.identity[by] === (by === 'sid' ? sid : sub))
    const atLeast = theirs.filter((person) => !isOver(person, minute)).length
    ends.set(by === 'sid' ? sid : sub, now)
    if (during !== 'nothing') replicas.delayCommands(delays)
    const meanwhile =
      during === 'logins'
        ? [...logins.splice(0), beginLogin(whose), beginLogin(whose)].map((login, turn) =>
            finishLogin(login, turn % 2, true),
          )
        : during === 'requests'
          ? theirs.flatMap((person) => [0, 1].map((each) => requestMeanwhile(person, each)))
          : []
    const ending = at(index).endWhere(by === 'sid' ? { issuer, sid } : { issuer, sub })
    const [ended] = await Promise.all([ending, ...meanwhile])
    replicas.delayCommands([0])
    if (ended < atLeast) fail('missed a session')
    for (const person of theirs) person.isEnded = true
  }

  async function changeKeys(change: 'added' | 'put first' | 'removed') {
    const removed = await replicas.changeKeys(change)
    if (removed === undefined) return
    logins = logins.filter(({ sealedWith }) => sealedWith !== removed)
    for (const person of people) person.isEnded ||= replicas.sealedWith(person.key) === removed
  }

  async function run(action: Step) {
    now++
    const person = 'who' in action ? people[action.who] : undefined
    switch (action.do) {
      case 'sign in':
        return finishLogin(beginLogin(action), action.at)
      case 'begin a login':
        logins.push(beginLogin(action))
        return undefined
      case 'finish a login': {
        const login = logins.shift()
        return login && finishLogin(login, action.at)
      }
      case 'request':
        return person && request(person, action.at)
      case 'rush':
        return person && Promise.all([0, 1, 0, 1, 0, 1].map((index) => request(person, index)))
      case 'log out':
        return person && logOut(person, action.at)
      case 'logout by the provider':
        return logOutByProvider(action)
      case 'wait':
        now += action.ms
        return undefined
      case 'provider':
        return replicas.setProvider(action.is === 'well')
      case 'keys':
        return changeKeys(action.is)
      case 'restart':
        return replicas.restart(action.at)
      case 'store':
        return replicas.setLink(action.at, action.is === 'well')
    }
  }

  return {
    run,
    reused: replicas.reused,
    /** Asks for every session that there ever was, at both replicas. */
    async compareAll() {
      for (const index of [0, 1]) replicas.setLink(index, true)
      now++
      for (const person of people) await Promise.all([request(person, 0), request(person, 1)])
    },
    async end() {
      for (const index of [0, 1]) replicas.setLink(index, true)
      await replicas.close()
    },
  }
}

function unlessOvertaken(error: unknown): undefined {
  if (!(error instanceof SignInOvertakenError)) throw error
}
