import { Settings } from 'typebox/system'
import { Value } from 'typebox/value'
import { isJsonObject } from '../json-object.js'
import { closest } from './closest.js'
import { formatPath, leadingName, type Finding, type SettingPath } from './config-error.js'
import { childOf } from './draft.js'
import { durationPattern } from './duration.js'
import { variablesFor } from './environment.js'
import { resolveSchema } from './resolve-schema.js'
import { configSchema } from './schema.js'

// The default of 8 would hide the rest.
Settings.Set({ maxErrors: 10_000 })

/** Everything in which the value differs from the schema: one sentence for each path. */
export function schemaFindings(value: unknown): Finding[] {
  const findings = new Map<string, Finding>()
  const add = (path: SettingPath, message: string) => {
    const key = formatPath(path)
    if (!findings.has(key)) findings.set(key, { path, message })
  }

  for (const error of Value.Errors(configSchema, value)) {
    const path = parsePointer(error.instancePath)
    if (error.keyword === 'additionalProperties') {
      for (const key of error.params.additionalProperties) {
        add([...path, key], unknownKey(key, settingsOf(mappingOf(schemaAt(path).schema))))
      }
    } else if (error.keyword === 'required') {
      for (const key of error.params.requiredProperties) {
        add([...path, key], missing([...path, key], value))
      }
    } else if (error.keyword !== 'boolean') {
      // `boolean` repeats each additional property as "schema is false".
      const { schema, path: reached } = schemaAt(path)
      // A mapping is not also told that it could have been text.
      if (isJsonObject(reached.reduce(childOf, value)) && mappingOf(schema) !== schema) continue
      add(reached, expectation(schema, reached.reduce<unknown>(childOf, value)))
    }
  }
  return [...findings.values()]
}

function parsePointer(pointer: string): SettingPath {
  let schema: unknown = configSchema
  return pointer
    .split('/')
    .slice(1)
    .map((part) => {
      const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
      const isList = childOf(schema, 'items') !== undefined
      schema = schemaBelow(schema, key)
      return isList ? Number(key) : key
    })
}

/** The schema of a path; a choice between kinds counts as one, whatever is wrong inside it, unless it is a mapping. */
function schemaAt(path: SettingPath): { schema: unknown; path: SettingPath } {
  let schema: unknown = configSchema
  for (const [depth, key] of path.entries()) {
    if (childOf(mappingOf(schema), 'anyOf') !== undefined)
      return { schema, path: path.slice(0, depth) }
    schema = schemaBelow(schema, key)
  }
  return { schema, path }
}

/** Of a choice that has a mapping of settings the mapping, else the schema itself. */
function mappingOf(schema: unknown): unknown {
  const choices = childOf(schema, 'anyOf')
  if (!Array.isArray(choices)) return schema
  return choices.find((choice) => childOf(choice, 'properties') !== undefined) ?? schema
}

function schemaBelow(above: unknown, key: string | number): unknown {
  const schema = mappingOf(above)
  const items = childOf(schema, 'items')
  const property = childOf(childOf(schema, 'properties'), key)
  const pattern: unknown = Object.values(childOf(schema, 'patternProperties') ?? {})[0]
  return resolveSchema(items ?? property ?? pattern)
}

function settingsOf(schema: unknown): string[] {
  return Object.keys(childOf(schema, 'properties') ?? {})
}

function unknownKey(key: string, known: readonly string[]): string {
  const suggestion = closest(leadingName(key), known)
  return suggestion === undefined
    ? `is not a setting; known here: ${known.join(', ')}`
    : `is not a setting; did you mean "${suggestion}"?`
}

function missing(path: SettingPath, value: unknown): string {
  const [section, ...rest] = path
  const list = section === undefined ? undefined : childOf(value, section)
  const isOneOfSeveral = rest.length > 0 && Array.isArray(list) && list.length > 1
  const variables = isOneOfSeveral ? [] : variablesFor(path)
  const hint = variables.length === 0 ? '' : ` (or set ${variables.join(' and ')})`
  const description = childOf(schemaAt(path).schema, 'description')
  return `is missing${hint}${typeof description === 'string' ? `: ${description}` : ''}`
}

function expectation(schema: unknown, value: unknown): string {
  const expected = `must be ${kindOf(schema)}`
  if (value === null) return `is empty; it ${expected}`
  const isUnquoted = typeof value === 'number' || typeof value === 'boolean'
  const isText = childOf(schema, 'type') === 'string'
  const isDuration = childOf(schema, 'pattern') === durationPattern
  return isUnquoted && isText && !isDuration ? `${expected}: put it in quotes` : expected
}

function kindOf(schema: unknown): string {
  const choices = childOf(schema, 'anyOf')
  if (Array.isArray(choices)) return choices.map(kindOf).join(' or ')
  const values = childOf(schema, 'enum')
  if (Array.isArray(values)) return `one of ${values.join(', ')}`
  switch (childOf(schema, 'type')) {
    case 'string': {
      if (childOf(schema, 'pattern') === durationPattern) return 'a duration such as 30s, 5m or 8h'
      const title = childOf(schema, 'title')
      const examples = childOf(schema, 'examples')
      return typeof title === 'string' && Array.isArray(examples)
        ? `${title}, such as ${examples.join(', ')}`
        : 'text that is not empty'
    }
    case 'boolean':
      return 'true or false'
    case 'integer':
      return `a whole number of at least ${String(childOf(schema, 'minimum'))}`
    case 'array':
      return childOf(schema, 'minItems') === undefined ? 'a list' : 'a list of at least one item'
    case 'null':
      return 'null'
    default:
      return 'a mapping of settings'
  }
}
