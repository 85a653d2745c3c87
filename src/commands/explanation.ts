import type { Decision } from '../access/decide.js'
import { forwardingHeaders } from '../access/forwarded.js'
import type { RequestFacts } from '../access/request-facts.js'
import type { CompiledRoute, Location } from '../access/route-table.js'
import { evaluate, type Rule, type Subject } from '../access/rules.js'
import { upstreamUrl } from '../access/sent-path.js'
import type { StepUp } from '../access/step-up.js'
import { stepUpChallenge } from '../access/step-up-challenge.js'
import type { RouteConfig } from '../config/schema.js'
import { createSessionHeaders } from '../identity/session-headers.js'
import { namesIn } from '../raw-headers.js'
import type { Identity } from '../session/session.js'
import { printable } from './session-table.js'
import { whatTestFinds, whatTestWants } from './rule-text.js'

/** One way in which an upstream could read the path, and where that leads. */
export interface Reading {
  readonly path: string
  readonly location: Location
}

type Found = Omit<Subject, 'identity' | 'facts'> & {
  readonly facts: RequestFacts
  readonly route: CompiledRoute
  readonly identity: Identity | undefined
  readonly decision: Decision
}

/** A request that comes to no route: why, and which readings of its path disagree. */
export function refusalLines(
  facts: RequestFacts,
  location: Exclude<Location, { kind: 'route' }>,
  readings: readonly Reading[],
): string[] {
  const [asSent] = readings
  const strays = readings.filter((reading) => placeOf(reading) !== (asSent && placeOf(asSent)))
  const shown = location.kind === 'refused' && asSent !== undefined ? [asSent, ...strays] : []
  return [
    ...requestLines(facts),
    ...shown.map((reading) => line('reading', `${reading.path} → ${placeOf(reading)}`)),
    line('outcome', outcomeWithoutRoute(location)),
  ]
}

function placeOf({ location }: Reading): string {
  switch (location.kind) {
    case 'route':
      return `routes[${location.index}]`
    case 'own':
      return "Valetkey's own endpoints"
    case 'none':
      return 'no route'
    case 'refused':
      return 'another route in other upper and lower case'
  }
}

function outcomeWithoutRoute(location: Exclude<Location, { kind: 'route' }>): string {
  switch (location.kind) {
    case 'own':
      return "answered by Valetkey's own endpoints"
    case 'none':
      return '404, no route matches'
    case 'refused':
      return `400 ${location.code}: ${location.reason}`
  }
}

/** A request that comes to a route: whose it is, how each rule decides, and what follows. */
export function routeLines(found: Found): string[] {
  const { facts, route, identity, decision } = found
  const { path, host } = route.config.match
  const { auth } = route.config
  const person = identity === undefined ? 'nobody signed in' : personText(identity)
  return [
    ...requestLines(facts),
    line('route', `routes[${route.index}], ${host ?? 'any host'}, ${path}, auth ${auth}`),
    line('person', auth === 'public' ? 'not looked at' : person),
    ...(identity === undefined || auth === 'public'
      ? []
      : ruleLines(route, { ...found, identity })),
    ...outcomesOf(decision, route).map((outcome) => line('outcome', outcome)),
    ...(decision.kind === 'forward' ? [line('headers', headerNames(found).join(', '))] : []),
  ]
}

const personText = ({ sub, providerId }: Identity) => `${sub} of ${providerId}`

const requestLines = ({ method, host, target, clientAddress }: RequestFacts) => [
  line('request', `${method} ${target} at ${host} from ${clientAddress}`),
]

function ruleLines({ require, config }: CompiledRoute, subject: Subject): string[] {
  const { providers } = config
  if (require === undefined && providers === undefined) return [line('rules', 'none')]
  return [
    ...(providers === undefined ? [] : [providerLine(providers, subject.identity)]),
    ...(require === undefined ? [] : treeOf(require, subject, 0)),
  ]
}

function providerLine(allowed: readonly string[], { providerId }: Identity): string {
  const verdict = allowed.includes(providerId) ? 'yes' : 'no'
  return line('rule', `${verdict.padEnd(3)} provider ${allowed.join(', ')} (is ${providerId})`)
}

function treeOf(rule: Rule, subject: Subject, depth: number): string[] {
  const truth = evaluate(rule, subject)
  const verdict = truth === undefined ? '?' : truth ? 'yes' : 'no'
  const text = (what: string) => line('rule', `${verdict.padEnd(3)} ${'  '.repeat(depth)}${what}`)
  if (rule.kind === 'test') {
    const { missing } = rule
    return [text(`${whatTestWants(missing)} (${whatTestFinds(missing, subject)})`)]
  }
  const parts = rule.kind === 'not' ? [rule.rule] : rule.rules
  return [text(rule.kind), ...parts.flatMap((part) => treeOf(part, subject, depth + 1))]
}

function outcomesOf(decision: Decision, { config }: CompiledRoute): string[] {
  switch (decision.kind) {
    case 'forward':
      return [`forwarded to ${upstreamUrl(config.upstream)}`]
    case 'authenticate': {
      const { providers } = config
      const where = providers === undefined ? '' : ` with ${providers.join(' or ')}`
      const { stepUp } = decision
      const demand = stepUp === undefined ? '' : `, which asks for ${askedText(stepUp)}`
      return [`302 to the sign-in${where} for a page${demand}`, '401 for anything else']
    }
    case 'other-provider':
      return [`403 with the choice to sign in with ${decision.allowed.join(' or ')}`]
    case 'step-up': {
      return [
        `302 to the provider with ${askedText(decision.stepUp)} for a page; 403 if that does not help`,
        '401 insufficient_user_authentication for anything else',
      ]
    }
    case 'forbidden':
      return ['403']
  }
}

function askedText(stepUp: StepUp): string {
  const { acr_values: acr, max_age: age } = stepUpChallenge(stepUp)
  return [acr && `acr_values=${acr}`, age && `max_age=${age}`].filter(Boolean).join(', ')
}

/** The names of the headers that the upstream would get of Valetkey, made as for real requests. */
function headerNames({ facts, route, identity, options, now }: Found): string[] {
  const { clientAddress, host } = facts
  const client = { clientAddress, forwardedFor: clientAddress, trusted: false }
  const headers = [...forwardingHeaders(client, { scheme: 'https', host })]
  if (identity !== undefined && route.config.auth !== 'public') {
    headers.push(...personHeaders(identity, route.config.forward, options, now))
  }
  return [...namesIn(headers)]
}

function personHeaders(
  identity: Identity,
  forward: RouteConfig['forward'],
  { groupsClaim }: Subject['options'],
  now: number,
) {
  const sessionHeaders = createSessionHeaders({
    groupsClaimOf: () => groupsClaim,
    assertions: { assertionFor: () => '' },
  })
  const presented = { identity, tokens: { accessToken: '' }, endsAt: now }
  return sessionHeaders(presented, '', { forward, upstreamToken: { accessToken: '' }, now })
}

const line = (name: string, text: string) => `${name.padEnd(8)} ${printable(text)}`
