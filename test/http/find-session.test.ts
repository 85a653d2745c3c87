import t from 'tap'
import { createCookieNames } from '../../src/http/cookies.js'
import { findSession } from '../../src/http/find-session.js'
import { StoreUnavailableError } from '../../src/session/session-store.js'
import { createTicket, formatTicket } from '../../src/session/ticket.js'
import { setUpProcess } from '../session/replicas.js'

const cookieNames = createCookieNames({ publicUrl: 'http://localhost:4180', domain: null })
const bogus = () => formatTicket(createTicket())
const headerOf = (...values: string[]) => values.map((value) => `valetkey=${value}`).join('; ')

t.test('the first ticket counts that has a session, and none behind it is asked for', async (t) => {
  const { sessions, signIn, time, counts } = setUpProcess(t)
  const [one, other] = [await signIn(), await signIn()]
  const find = (...values: string[]) =>
    findSession({ cookieNames, sessions }, headerOf(...values), time.now, { extend: true })
  const found = await find(bogus(), one.cookieValue, other.cookieValue)
  t.equal(found?.key, one.live.key)
  t.equal(counts.load, 2)
  t.equal((await find('x', other.cookieValue, one.cookieValue))?.key, other.live.key)
  t.equal(await find(bogus(), bogus()), undefined)
  t.equal(await find('x'), undefined)
  t.equal(await findSession({ cookieNames, sessions }, undefined, 0, { extend: true }), undefined)
})

t.test('the order of the tickets decides, whichever session is cached', async (t) => {
  const { sessions, signIn, time } = setUpProcess(t)
  const [cold, warm] = [await signIn(), await signIn()]
  await sessions.load(warm.cookieValue, time.now, { extend: false })
  const header = headerOf(cold.cookieValue, warm.cookieValue)
  const found = await findSession({ cookieNames, sessions }, header, time.now, { extend: true })
  t.equal(found?.key, cold.live.key)
})

t.test('a store that cannot say whether the first has a session is an error', async (t) => {
  const { sessions, signIn, time, faulty, counts } = setUpProcess(t)
  const { cookieValue } = await signIn()
  await sessions.load(cookieValue, time.now, { extend: false })
  faulty.goDown()
  const before = counts.load
  const header = headerOf(bogus(), cookieValue)
  await t.rejects(
    findSession({ cookieNames, sessions }, header, time.now, { extend: true }),
    StoreUnavailableError,
  )
  t.equal(counts.load, before + 1, 'the next one is not asked for')
})

t.test('no more than three tickets are tried, each once', async (t) => {
  const { sessions, signIn, time, counts } = setUpProcess(t)
  const { cookieValue, live } = await signIn()
  const find = (...values: string[]) =>
    findSession({ cookieNames, sessions }, headerOf(...values), time.now, { extend: true })
  const twice = bogus()
  t.equal((await find(twice, 'x', twice, bogus(), 'y', cookieValue))?.key, live.key)
  const before = counts.load
  t.equal(await find(bogus(), bogus(), bogus(), cookieValue), undefined)
  t.equal(counts.load, before + 3)
})
