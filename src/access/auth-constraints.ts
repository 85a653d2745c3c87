import { compileRule, type Rule } from './rules.js'

/** What may be asked of a person in the query of a forward-auth subrequest, beside the rules of the routes. */
const constraintNames = {
  allowed_groups: 'groups',
  allowed_emails: 'emails',
  allowed_email_domains: 'emailDomains',
} as const

/**
 * Reads the constraints of a query: comma-separated lists, of each of which one value must hold.
 *
 * Answers undefined when there are none, and `malformed` for what may be meant as one and cannot be obeyed: a
 * list twice, an empty one or an empty value in it, or a name that only begins like theirs.
 */
export function readConstraints(query: URLSearchParams): Rule | 'malformed' | undefined {
  const lists: Partial<Record<'groups' | 'emails' | 'emailDomains', string[]>> = {}
  for (const [name, list] of query) {
    if (!/^allow/i.test(name)) continue
    if (!isConstraint(name)) return 'malformed'
    const values = list.split(',').map((value) => value.trim())
    if (values.includes('') || lists[constraintNames[name]] !== undefined) return 'malformed'
    lists[constraintNames[name]] = values
  }
  return Object.keys(lists).length === 0 ? undefined : compileRule(lists)
}

function isConstraint(name: string): name is keyof typeof constraintNames {
  return Object.hasOwn(constraintNames, name)
}
