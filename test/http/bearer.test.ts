import t from 'tap'
import { refusalToStepUp } from '../../src/http/bearer.js'

t.test('RFC 9470 a challenge says what is missing, as far as a header can', async (t) => {
  const acr = { kind: 'acr', anyOf: ['mfa', 'urn:b', 'a "quote"', 'grün', 'two words'] } as const
  const maxAge = { kind: 'maxAge', maxAgeMs: 90_500 } as const
  t.match(refusalToStepUp([acr, maxAge])?.challenge, {
    error: 'insufficient_user_authentication',
    acr_values: 'mfa urn:b',
    max_age: '90',
  })
  t.match(refusalToStepUp([maxAge])?.challenge, { acr_values: undefined, max_age: '90' })
})

t.test('RFC 9470 no authentication makes up for anything else', async (t) => {
  t.equal(refusalToStepUp([]), undefined)
  const maxAge = { kind: 'maxAge', maxAgeMs: 1 } as const
  t.equal(refusalToStepUp([maxAge, { kind: 'groups', anyOf: ['x'] }]), undefined)
})
