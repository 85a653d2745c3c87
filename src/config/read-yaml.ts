import {
  isCollection,
  isMap,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type YAMLError,
} from 'yaml'
import { leadingName, type ConfigProblem, type SettingPath } from './config-error.js'

export interface YamlFile {
  /** Plain data without shared or circular references; `{}` for an empty file. */
  readonly value: unknown
  readonly problems: readonly ConfigProblem[]
  /** The line, from 1, of a setting, or of the closest one around it that the file has. */
  lineOf(path: SettingPath): number | undefined
}

/**
 * Reads YAML 1.2, of which JSON is a part. Syntax errors, duplicate keys, tags and circular aliases
 * are problems, not exceptions. The parser's own messages quote the text around an error, which may
 * be a secret, so only their codes are used.
 */
export function readYaml(text: string): YamlFile {
  const lineCounter = new LineCounter()

  let document: Document
  try {
    document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error' })
  } catch {
    return unreadable({ path: '', message: 'the file cannot be read as YAML' })
  }

  const faults = [...document.errors, ...document.warnings]
  // What follows the first syntax error is mostly its consequence.
  const told = [
    ...faults.filter((fault) => !isDuplicate(fault)).slice(0, 1),
    ...faults.filter(isDuplicate),
  ]
  const problems = told.map(({ code, pos }) => ({
    path: code === 'DUPLICATE_KEY' ? leadingName(text.slice(pos[0]).replace(/^["']/, '')) : '',
    message: syntaxMessage(code),
    line: lineCounter.linePos(pos[0]).line,
  }))
  if (problems.length > 0) return unreadable(...problems)

  try {
    // Through JSON: aliases become copies and circular ones an exception.
    const value: unknown = JSON.parse(JSON.stringify(document.toJS()) ?? 'null')
    return { value: value ?? {}, problems, lineOf: (path) => lineOf(document, lineCounter, path) }
  } catch {
    return unreadable({
      path: '',
      message: 'the file has aliases that lead nowhere, in a circle or to too much',
    })
  }
}

const isDuplicate = (fault: YAMLError) => fault.code === 'DUPLICATE_KEY'

function unreadable(...problems: ConfigProblem[]): YamlFile {
  return { value: {}, problems, lineOf: () => undefined }
}

function syntaxMessage(code: string): string {
  switch (code) {
    case 'DUPLICATE_KEY':
      return 'stands here twice; keep one'
    case 'TAB_AS_INDENT':
      return 'not valid YAML: indent with spaces, not with tabs'
    case 'BAD_INDENT':
      return 'not valid YAML: the indentation differs from that of the lines around'
    case 'MULTIPLE_DOCS':
      return 'not valid here: the file must hold one YAML document'
    case 'TAG_RESOLVE_FAILED':
      return 'not valid here: tags (!name) have no meaning; write the value itself, and quotes if it begins with "!"'
    case 'BAD_DQ_ESCAPE':
      return 'not valid YAML: a backslash in double quotes starts an escape; use single quotes'
    case 'MULTILINE_IMPLICIT_KEY':
      return 'not valid YAML: a key must stand on one line, followed by ": "'
    case 'MISSING_CHAR':
      return 'not valid YAML: a quote, bracket, comma, or the space after ":" is missing here or before'
    default:
      return 'not valid YAML: unexpected text; values with special characters need quotes'
  }
}

function lineOf(document: Document, lines: LineCounter, path: SettingPath): number | undefined {
  let node: unknown = document.contents
  let offset = isCollection(node) ? node.range?.[0] : undefined
  for (const key of path) {
    let position: number | undefined
    if (isMap(node)) {
      const pair = node.items.find((item) => String(item.key) === key)
      position = rangeStart(pair?.key)
      node = pair?.value
    } else if (isSeq(node)) {
      node = typeof key === 'number' ? node.items[key] : undefined
      position = rangeStart(node)
    }
    if (position === undefined) break
    offset = position
  }
  return offset === undefined ? undefined : lines.linePos(offset).line
}

function rangeStart(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined
  const start: unknown = Array.isArray(node.range) ? node.range[0] : undefined
  return typeof start === 'number' ? start : undefined
}
