import type { Static } from 'typebox'
import type { SettingPath } from './config-error.js'
import type { configSchema } from './schema.js'

type Incomplete<T> = T extends readonly (infer Item)[]
  ? (Incomplete<Item> | undefined)[]
  : T extends object
    ? { [Key in keyof T]?: Incomplete<T[Key]> | undefined }
    : T

/**
 * The configuration as it is written, durations as text, with everything taken out that the schema
 * does not accept. Checks upon it find what is wrong with the rest in the same run.
 */
export type Draft = Incomplete<Static<typeof configSchema>>
export type ProviderDraft = NonNullable<NonNullable<Draft['providers']>[number]>
export type RouteDraft = NonNullable<NonNullable<Draft['routes']>[number]>
export type SessionDraft = NonNullable<Draft['session']>

/**
 * Takes out what stands at the paths, which are all in which the value differs from the schema, so
 * that a draft remains. A list keeps its length, so that positions stay right.
 */
export function takeOut(value: unknown, paths: readonly SettingPath[]): asserts value is Draft {
  for (const path of paths) {
    let parent: unknown = value
    for (const key of path.slice(0, -1)) parent = childOf(parent, key)
    const last = path.at(-1)
    if (typeof parent !== 'object' || parent === null || last === undefined) continue
    if (Array.isArray(parent) && typeof last === 'number') parent[last] = undefined
    else Reflect.deleteProperty(parent, last)
  }
}

/** What stands at a key or position of plain data, if anything does. */
export function childOf(parent: unknown, key: string | number): unknown {
  if (typeof parent !== 'object' || parent === null) return undefined
  return Object.getOwnPropertyDescriptor(parent, key)?.value
}
