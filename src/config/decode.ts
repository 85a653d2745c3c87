import type { StaticDecode, TSchema } from 'typebox'
import { Settings } from 'typebox/system'
import { DecodeUnsafe, Value } from 'typebox/value'

// It would compare each choice with each at every start; they exclude one another already.
Settings.Set({ unionPrioritySort: false })

/**
 * What the program sees of a value that is complete as it is written: durations in milliseconds. The value itself
 * is changed. Throws where it differs from the schema.
 *
 * `Value.Decode` would fill in, convert and clean everything once more before, which at every start took 30 ms and
 * made V8 optimize so much that its compilers took 6 MB of memory, for good.
 */
export function decode<const Schema extends TSchema>(
  schema: Schema,
  value: unknown,
): StaticDecode<Schema>
export function decode(schema: TSchema, value: unknown): unknown {
  Value.Assert(schema, value)
  return DecodeUnsafe({}, schema, value)
}
