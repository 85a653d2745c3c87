import t from 'tap'
import { createBearerCheck } from '../../src/admin/bearer-check.js'

t.test('only the token passes', async (t) => {
  const hasToken = createBearerCheck('operator-token')
  t.ok(hasToken('Bearer operator-token'))
  t.ok(hasToken('bearer operator-token'), 'RFC 9110: the scheme has no case')
  for (const header of [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer operator-toke',
    'Bearer operator-token2',
    'Bearer OPERATOR-TOKEN',
    'Bearer operator-token, Bearer x',
    'Basic operator-token',
    'operator-token',
    `Bearer ${'x'.repeat(100_000)}`,
  ]) {
    t.notOk(hasToken(header), String(header).slice(0, 40))
  }
})

t.test('without a token in the configuration nobody passes', async (t) => {
  for (const none of [undefined, '']) {
    const hasToken = createBearerCheck(none)
    for (const header of [undefined, '', 'Bearer', 'Bearer ', 'Bearer x']) t.notOk(hasToken(header))
  }
})
