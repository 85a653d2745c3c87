import { Value } from 'typebox/value'
import type { CompiledRoute } from '../access/route-table.js'
import { decode } from '../config/decode.js'
import { routeSchema } from '../config/route-schema.js'

/** The route that stands for all where nobody says which is meant: it takes any session and tells no token. */
export function anySession(): CompiledRoute {
  const written = { upstream: 'http://none.invalid', forward: { accessToken: 'none' } }
  return { index: -1, config: decode(routeSchema, Value.Default(routeSchema, written)) }
}
