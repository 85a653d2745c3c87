import t from 'tap'
import { createSessionHeaders } from '../../src/identity/session-headers.js'
import { createLiveSession, type LiveSession } from '../../src/session/live-session.js'
import { parseRecord } from '../../src/session/session-record.js'
import { createTicket } from '../../src/session/ticket.js'
import { createSignIn } from '../bench/million/people.js'
import { bytesHeld } from '../helpers/bytes-held.js'

const count = 2000
const times = { inactivityTimeoutMs: 1000, refreshAheadMs: 1000 }
const sessionHeaders = createSessionHeaders({
  groupsClaimOf: () => 'groups',
  assertions: { assertionFor: () => '' },
})
const forward = {
  identityHeaders: true,
  accessToken: 'bearer',
  userClaim: 'sub',
  host: 'keep',
  clientAuthorization: 'strip',
} as const

t.test('beside its access token a session takes 2 KB, with the headers made of it', async (t) => {
  const now = Date.now()
  const texts = Array.from({ length: count }, (_, number) => {
    const { identity, tokens } = createSignIn('https://idp.example.com/tenant', number, now)
    return JSON.stringify({ schema: 1, identity, tokens, createdAt: now, endsAt: now + 1000 })
  })
  const held: LiveSession[] = []
  const before = bytesHeld()
  for (const text of texts) {
    const record = parseRecord(text)
    if (record === undefined) throw new Error('no record')
    const live = createLiveSession(times, createTicket(), record, { version: 1, lastActiveAt: now })
    sessionHeaders(live.session, live.key, { forward, upstreamToken: undefined, now })
    held.push(live)
  }
  const bytes = (bytesHeld() - before) / count
  const [one] = held
  const token = one?.session.tokens.accessToken.length ?? 0
  t.ok(token > 900)
  t.ok(bytes - token < 2048, `${bytes - token} bytes`)
})
