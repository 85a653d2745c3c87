import t from 'tap'
import { Type } from 'typebox'
import { decode } from '../../src/config/decode.js'
import { duration, strict } from '../../src/config/schema-parts.js'

const schema = Type.Object(
  {
    timeout: duration({ description: 'a duration' }),
    retry: Type.Optional(
      Type.Union([Type.Boolean(), Type.Object({ after: duration({ description: 'another' }) })]),
    ),
  },
  strict,
)

t.test('durations become milliseconds, also within a choice', async (t) => {
  t.strictSame(decode(schema, { timeout: '30s', retry: { after: '2m' } }), {
    timeout: 30_000,
    retry: { after: 120_000 },
  })
  t.strictSame(decode(schema, { timeout: '0s', retry: true }), { timeout: 0, retry: true })
})

t.test('what differs from the schema is refused, rather than mended', async (t) => {
  t.throws(() => decode(schema, { timeout: 30 }))
  t.throws(() => decode(schema, {}))
  t.throws(() => decode(schema, { timeout: '30s', other: true }))
})
