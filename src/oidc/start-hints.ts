import type { ProviderConfig } from '../config/schema.js'
import { OidcError } from './errors.js'

/** What the address that begins a login says for the provider, by the name of the parameter. */
export type Hints = ReadonlyMap<string, string>

const longestValue = 256

/**
 * Reads from the query of a start URL what the configuration lets through to the provider, and nothing
 * else: anybody can make somebody follow such an address. Throws OidcError ERR_REQUEST_PARAMETER for a
 * parameter that is there twice or has a value that may not pass.
 */
export function createHintReader({
  startParameters,
}: Pick<ProviderConfig, 'startParameters'>): (query: URLSearchParams) => Hints {
  const rules = Object.entries(startParameters).map(
    ([name, rule]) => [name, acceptanceOf(rule)] as const,
  )
  return (query) =>
    new Map(
      rules.flatMap(([name, isAccepted]) => {
        const [value, ...others] = query.getAll(name)
        if (value === undefined) return []
        if (others.length > 0) throw refusal(`"${name}" is there more than once`)
        const isText = value !== '' && value.length <= longestValue && !/\p{Cc}/u.test(value)
        if (!isText || !isAccepted(value)) throw refusal(`"${name}" has a value that may not pass`)
        return [[name, value] as const]
      }),
    )
}

function acceptanceOf(rule: ProviderConfig['startParameters'][string]): (value: string) => boolean {
  if (rule === 'any') return () => true
  if (Array.isArray(rule)) return (value) => rule.includes(value)
  const pattern = new RegExp(`^(?:${rule.pattern})$`, 'u')
  return (value) => pattern.test(value)
}

const refusal = (message: string) => new OidcError('ERR_REQUEST_PARAMETER', message)
