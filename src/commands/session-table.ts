import type { ListedSession } from '../admin/session-listing.js'

/** Writes pages of sessions as lines of one table, whose widths the first page decides. */
export type SessionTable = (sessions: readonly ListedSession[]) => string[]

const columns: readonly (readonly [title: string, read: (session: ListedSession) => string])[] = [
  ['ID', ({ id }) => id],
  ['SUB', ({ sub }) => sub],
  ['PROVIDER', ({ provider }) => provider],
  ['CREATED', ({ created }) => toSeconds(created)],
  ['LAST ACTIVE', ({ lastActive }) => toSeconds(lastActive)],
  ['ADDRESS', ({ clientAddress }) => clientAddress],
  ['USER AGENT', ({ userAgent }) => userAgent],
]
const titles = columns.map(([title]) => title)

export function createSessionTable(): SessionTable {
  let widths: readonly number[] | undefined

  return function addPage(sessions) {
    const rows = sessions.map((session) => columns.map(([, read]) => printable(read(session))))
    const head = widths === undefined ? [titles] : []
    widths ??= titles.map((title, at) =>
      Math.max(title.length, ...rows.map((row) => (row[at] ?? '').length)),
    )
    const pad = (cell: string, at: number) => cell.padEnd(widths?.[at] ?? 0)
    return [...head, ...rows].map((row) => row.map(pad).join('  ').trimEnd())
  }
}

/**
 * What a terminal would obey or hide: a browser chooses its User-Agent, and a provider the subject.
 */
export const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** The text as a terminal may have it. */
export const printable = (text: string) => text.replaceAll(unprintable, '\ufffd')

/** `2026-01-02T03:04:05Z` */
const toSeconds = (instant: string) => instant.replace(/\.\d+Z$/, 'Z')
