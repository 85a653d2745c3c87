import type { RouteConfig } from '../config/schema.js'
import type { RuleConfig } from './rules.js'

/** Whether it depends on the method of a request where it goes, or who may send it. */
export const methodsMatter = (routes: readonly Pick<RouteConfig, 'match' | 'require'>[]): boolean =>
  routes.some(
    ({ match, require }) => match.methods !== undefined || (require && asksForMethods(require)),
  )

function asksForMethods({ methods, any = [], all = [], not }: RuleConfig): boolean {
  const inner = [...any, ...all, ...(not === undefined ? [] : [not])]
  return methods !== undefined || inner.some(asksForMethods)
}
