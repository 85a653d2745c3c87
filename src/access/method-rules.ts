import type { RouteConfig } from '../config/schema.js'
import type { RuleConfig } from './rules.js'

/** Whether it depends on the method of a request where it goes, or who may send it: a stranger may send preflights. */
export const methodsMatter = (
  routes: readonly Pick<RouteConfig, 'match' | 'require' | 'crossOrigin'>[],
): boolean =>
  routes.some(
    ({ match, require, crossOrigin }) =>
      match.methods !== undefined ||
      crossOrigin.preflight === 'pass' ||
      (require && asksForMethods(require)),
  )

function asksForMethods({ methods, any = [], all = [], not }: RuleConfig): boolean {
  const inner = [...any, ...all, ...(not === undefined ? [] : [not])]
  return methods !== undefined || inner.some(asksForMethods)
}
