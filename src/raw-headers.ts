/** Headers as node has them raw: names and values by turns, which is one array instead of one for each. */
export type RawHeaders = readonly string[]

type Header = readonly [name: string, value: string]

/** Takes no more memory than it needs, which an array does that grows: some are kept for as long as a session. */
export const rawHeaders = (headers: readonly Header[]): RawHeaders =>
  ([] as string[]).concat(...headers)

export const headersOf = (raw: RawHeaders): readonly Header[] =>
  namesIn(raw).map((name, index) => [name, raw[2 * index + 1] ?? ''])

/** The values of all headers of that name, which is given in lower case. */
export const valuesOf = (raw: RawHeaders, name: string): string[] =>
  raw.filter((_text, index) => index % 2 === 1 && raw[index - 1]?.toLowerCase() === name)

/** The value of the first of them. It looks no further, since it is asked about every response. */
export function firstValueOf(raw: RawHeaders, name: string): string | undefined {
  for (let index = 0; index < raw.length; index += 2) {
    const each = raw[index]
    if (each?.length === name.length && each.toLowerCase() === name) return raw[index + 1]
  }
  return undefined
}

export const namesIn = (raw: RawHeaders): readonly string[] =>
  raw.filter((_text, index) => index % 2 === 0)
