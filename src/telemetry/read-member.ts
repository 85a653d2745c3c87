/** A property of anything; undefined when reading it throws. */
export function readMember(value: object, name: string): unknown {
  try {
    return Reflect.get(value, name)
  } catch {
    return undefined
  }
}
