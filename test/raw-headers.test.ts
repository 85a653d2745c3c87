import t from 'tap'
import { firstValueOf, headersOf, namesIn, rawHeaders, valuesOf } from '../src/raw-headers.js'

t.test('headers are names and values by turns, and pairs again', async (t) => {
  const headers = [
    ['X-Forwarded-User', 'alice'],
    ['X-Forwarded-Groups', ''],
    ['X-Forwarded-User', 'X-Forwarded-User'],
  ] as const
  const raw = rawHeaders(headers)
  t.same(raw, headers.flat())
  t.same(headersOf(raw), headers)
  t.same(
    namesIn(raw),
    headers.map(([name]) => name),
  )
  t.same(valuesOf(raw, 'x-forwarded-user'), ['alice', 'X-Forwarded-User'])
  t.same(valuesOf(['a', 'b', 'B', ''], 'b'), [''], 'a value is no name')
  t.equal(firstValueOf(raw, 'x-forwarded-user'), 'alice')
  t.equal(firstValueOf(['a', 'b', 'B', ''], 'b'), '')
  t.equal(firstValueOf(raw, 'alice'), undefined)
  t.same(rawHeaders([]), [])
  t.same(headersOf([]), [])
})
