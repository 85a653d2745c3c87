import t from 'tap'
import { withIdsBehindOptions } from '../../src/commands/session-ids.js'

const id = '-eRWi_YF7Hac-JDo6c2-tkfQxa6lZsGstlTXjxmZQ2c'

t.test('a session id that begins with a hyphen is no option', async (t) => {
  const config = ['--config', 'valetkey.yaml']
  for (const each of [id, `-${id.slice(0, 42)}`]) {
    t.same(withIdsBehindOptions(['sessions', 'revoke', each, ...config]), [
      'sessions',
      'revoke',
      ...config,
      '--',
      each,
    ])
  }
})

t.test('all else stays as it is', async (t) => {
  for (const args of [
    [],
    ['sessions', 'revoke', '--', id],
    ['sessions', 'revoke', id.slice(1)],
    ['explain', '--url', 'https://app.example.com/', '-h'],
  ]) {
    t.same(withIdsBehindOptions(args), args)
  }
})
