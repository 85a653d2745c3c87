import { parseChallenges } from './challenges.js'
import { parseDemandedClaims } from './claims-challenge.js'
import type { StepUp } from './step-up.js'

/** The parameters of a Bearer challenge that asks for it (RFC 9470 §3). */
export function stepUpChallenge({ acrValues, maxAgeMs }: StepUp): Record<string, string> {
  return {
    error: 'insufficient_user_authentication',
    error_description: 'A stronger or more recent authentication is required',
    ...(acrValues === undefined ? {} : { acr_values: acrValues.join(' ') }),
    ...(maxAgeMs === undefined ? {} : { max_age: maxAgeSeconds(maxAgeMs) }),
  }
}

/** `max_age` has whole seconds; rounded down, so that what it allows the rule allows. */
const maxAgeSeconds = (maxAgeMs: number) => String(Math.floor(maxAgeMs / 1000))

/** What an upstream's `WWW-Authenticate` fields ask for; undefined when they ask for nothing of the kind. */
export function parseStepUpChallenge(fields: readonly string[]): StepUp | undefined {
  for (const { scheme, parameters } of fields.flatMap(parseChallenges)) {
    if (scheme !== 'bearer' && scheme !== 'dpop') continue
    const stepUp = demandOf(parameters)
    if (stepUp !== undefined) return stepUp
  }
  return undefined
}

function demandOf(parameters: ReadonlyMap<string, string>): StepUp | undefined {
  const error = parameters.get('error')
  if (error === 'insufficient_user_authentication') {
    return stepUpOf(parameters.get('acr_values'), parameters.get('max_age'))
  }
  if (error !== 'insufficient_claims') return undefined
  const claims = parseDemandedClaims(parameters.get('claims') ?? '')
  return claims && { claims }
}

/** How long `acr_values` may be; what is longer would not fit into the URLs and cookies that carry it on. */
export const longestAcrValues = 512
const acrPattern = /^[\x21\x23-\x5b\x5d-\x7e]+$/

function stepUpOf(acrText = '', ageText = ''): StepUp | undefined {
  const values = acrText.length > longestAcrValues ? [] : acrText.split(' ')
  const acrValues = values.filter((value) => acrPattern.test(value))
  const maxAgeMs = /^[0-9]{1,9}$/.test(ageText) ? Number(ageText) * 1000 : undefined
  if (acrValues.length === 0 && maxAgeMs === undefined) return undefined
  return {
    ...(acrValues.length === 0 ? {} : { acrValues }),
    ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
  }
}
