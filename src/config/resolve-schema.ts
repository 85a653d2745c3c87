import { childOf } from './draft.js'
import { requireSchema } from './require-schema.js'

/** The schema itself, or what it refers to: rules hold rules. */
export function resolveSchema(schema: unknown): unknown {
  const name = childOf(schema, '$ref')
  return typeof name === 'string' ? childOf(childOf(requireSchema, '$defs'), name) : schema
}
