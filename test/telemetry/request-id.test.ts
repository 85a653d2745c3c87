import t from 'tap'
import { createRequestIds } from '../../src/telemetry/request-id.js'

t.test('ids differ within a process and between processes, and are short', async (t) => {
  const [one, other] = [createRequestIds(), createRequestIds()]
  const ids = Array.from({ length: 1000 }, () => [one(), other()]).flat()
  t.equal(new Set(ids).size, 2000)
  t.ok(ids.every((id) => /^[0-9a-f]{10}-[0-9a-z]{1,4}$/.test(id)))
})
