import { readFile } from 'node:fs/promises'

export interface CorpusLine {
  /** Names the line in ASCII. */
  readonly title: string
  readonly expected: string
  readonly value: string
}

/** Reads a corpus: `expected value` a line, with `\xHH`, `\u{HHHH}`, `\\` and `{text*n}` in the value. */
export async function readCorpus(name: string): Promise<readonly CorpusLine[]> {
  const text = await readFile(new URL(`../../../test/attack/${name}`, import.meta.url), 'utf8')
  return text.split('\n').flatMap((line, index) => {
    if (line === '' || line.startsWith('#')) return []
    const space = line.indexOf(' ')
    const [expected, escaped] = [line.slice(0, space), line.slice(space + 1)]
    const shown = escaped.replaceAll(
      /[^ -~]/g,
      (character) => `\\u{${character.charCodeAt(0).toString(16)}}`,
    )
    return { title: `line ${index + 1}: ${shown}`, expected, value: unescape(escaped) }
  })
}

const unescape = (escaped: string) =>
  escaped.replaceAll(
    /\\x([0-9a-f]{2})|\\u\{([0-9a-f]{4})\}|\\\\|\{([^}]*)\*([0-9]+)\}/g,
    (_match, byte?: string, character?: string, repeated?: string, times?: string) => {
      const code = byte ?? character
      if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16))
      return repeated === undefined ? '\\' : repeated.repeat(Number(times))
    },
  )
