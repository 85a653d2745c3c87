import t from 'tap'
import { closest } from '../../src/config/closest.js'

const names = ['clientId', 'clientSecret', 'clientSecretFile', 'issuer', 'id']

t.test('the nearest name is suggested, whatever the case and separators', async (t) => {
  t.equal(closest('client_id', names), 'clientId')
  t.equal(closest('CLIENT-SECRET-FILE', names), 'clientSecretFile')
  t.equal(closest('isuer', names), 'issuer')
})

t.test('nothing is suggested for what is far from everything', async (t) => {
  t.equal(closest('timeout', names), undefined)
  t.equal(closest('', names), undefined)
  t.equal(closest('x', []), undefined)
})
