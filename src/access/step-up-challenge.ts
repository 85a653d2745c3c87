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
    if (scheme !== 'bearer') continue
    if (parameters.get('error') !== 'insufficient_user_authentication') continue
    const stepUp = stepUpOf(parameters.get('acr_values'), parameters.get('max_age'))
    if (stepUp !== undefined) return stepUp
  }
  return undefined
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

interface Challenge {
  /** In lower case, as the names of the parameters. */
  readonly scheme: string
  readonly parameters: ReadonlyMap<string, string>
}

/**
 * The challenges of one field (RFC 9110 §11.6.1): a scheme, then parameters separated by commas, then
 * perhaps another scheme. A field that is anything else has none.
 */
function parseChallenges(field: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  const part =
    /[\s,]*(?:([\w!#$%&'*+.^`|~-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([\w!#$%&'*+.^`|~-]+))|([\w!#$%&'*+.^`|~-]+)(?=[\s,]|$)(?:[ \t]+[\w.~+/-]+=*(?=[\s]*(?:,|$)))?)/y
  if (field.length > 4096) return []
  while (part.lastIndex < field.length) {
    const match = part.exec(field)
    if (match === null) return []
    const [, name, quoted, token, scheme] = match
    if (scheme !== undefined) {
      challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() })
    } else if (name !== undefined) {
      const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? token ?? ''
      challenges.at(-1)?.parameters.set(name.toLowerCase(), value)
    }
  }
  return challenges
}
