import t from 'tap'
import { parseRequestTarget } from '../../src/access/request-target.js'
import { checkPaths } from './check-paths.js'
import { outcomeOf } from './corpus-routes.js'

t.test('HOP-10 every line of paths.txt takes its route or is refused', (t) =>
  checkPaths(t, outcomeOf),
)

t.test('the readings of a target are bounded however long it is', async (t) => {
  const hostile = ['%2e%2e/', '%252e', '../', '//', '..;/', '%c0%ae', '%ef%bc%8e', 'a. ', '%u002f']
  for (const piece of hostile) {
    const target = `/${piece.repeat(16_000 / piece.length)}`
    const parsed = parseRequestTarget({ method: 'GET', target, host: 'app.example.com' })
    t.ok(parsed.kind === 'refused' || parsed.readings.length <= 64, piece)
  }
})
