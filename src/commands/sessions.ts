import { parseSessionListing, type ListedSession } from '../admin/session-listing.js'
import { type AdminAddress, createAdminClient } from './admin-client.js'
import { createSessionTable, unprintable } from './session-table.js'
import { UsageError } from './usage-error.js'

/** What to do with sessions, as the command line says it. */
export type SessionsCommand =
  | { readonly kind: 'list'; readonly whose: Whose; readonly json: boolean }
  | { readonly kind: 'revoke-one'; readonly id: string }
  | { readonly kind: 'revoke-of'; readonly whose: Whose }

interface Whose {
  readonly sub?: string
  readonly issuer?: string
}

export interface SessionsArguments {
  readonly sub?: string | undefined
  readonly issuer?: string | undefined
  readonly json?: boolean | undefined
}

/** Reads `list` or `revoke` with its options. Throws UsageError for whatever could mean something else. */
export function parseSessionsCommand(
  [verb, ...rest]: readonly string[],
  { sub, issuer, json = false }: SessionsArguments,
): SessionsCommand {
  const whose = {
    ...(sub === undefined ? {} : { sub }),
    ...(issuer === undefined ? {} : { issuer }),
  }
  if (issuer !== undefined && sub === undefined) throw new UsageError('--issuer needs --sub')
  if (sub === '' || issuer === '') throw new UsageError('--sub and --issuer must not be empty')
  if (verb === 'list' && rest.length === 0) return { kind: 'list', whose, json }
  if (verb !== 'revoke') throw new UsageError('sessions can be listed or revoked')
  if (json) throw new UsageError('--json is for sessions list')
  const [id, ...more] = rest
  if (more.length > 0 || (id === undefined) === (sub === undefined)) {
    throw new UsageError('sessions revoke takes one session id, or --sub')
  }
  return id === undefined ? { kind: 'revoke-of', whose } : { kind: 'revoke-one', id }
}

/** Does it through the admin listener; `print` gets each line. */
export async function runSessionsCommand(
  command: SessionsCommand,
  admin: AdminAddress,
  print: (line: string) => void,
): Promise<void> {
  const ask = createAdminClient(admin)
  switch (command.kind) {
    case 'list': {
      const write = command.json ? jsonLines : createSessionTable()
      let cursor: string | undefined
      do {
        const page = parseSessionListing(
          await ask('GET', `/sessions${query(command.whose, cursor)}`),
        )
        for (const line of write(page.sessions)) print(line)
        cursor = page.cursor
      } while (cursor !== undefined)
      break
    }
    case 'revoke-one':
      await ask('DELETE', `/sessions/${encodeURIComponent(command.id)}`)
      print('1 session ended')
      break
    case 'revoke-of': {
      const answer = await ask('DELETE', `/sessions${query(command.whose)}`)
      const ended = Number(Object(answer)['ended'])
      print(`${ended} ${ended === 1 ? 'session' : 'sessions'} ended`)
      break
    }
  }
}

function query(whose: Whose, cursor?: string): string {
  const parameters = new URLSearchParams({ ...whose, ...(cursor === undefined ? {} : { cursor }) })
  return parameters.size === 0 ? '' : `?${parameters.toString()}`
}

/** One JSON object a line; the unprintable that JSON lets through is escaped as it escapes the rest. */
function jsonLines(sessions: readonly ListedSession[]): string[] {
  return sessions.map((session) => JSON.stringify(session).replaceAll(unprintable, escapeUnits))
}

function escapeUnits(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}
