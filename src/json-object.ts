export type JsonObject = Readonly<Record<string, unknown>>

/** Deeper than any claim nests, and far from where writing it down again would overflow the stack. */
const deepest = 64

/** Whether a value of JSON or YAML is an object: no list, and not null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Reads a JSON object; undefined for any other text, and for one that nests more than 64 deep. */
export function parseJsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) && !nestsTooDeep(value) ? value : undefined
  } catch {
    return undefined
  }
}

function nestsTooDeep(value: object): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) return true
    level = level.flatMap((each) =>
      typeof each === 'object' && each !== null ? Object.values(each) : [],
    )
  }
  return false
}
