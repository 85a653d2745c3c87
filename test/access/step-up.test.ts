import * as fc from 'fast-check'
import t from 'tap'
import { compileRule, evaluate, type RuleConfig } from '../../src/access/rules.js'
import { countAttempt, findLoginDemand, findStepUp, type StepUp } from '../../src/access/step-up.js'
import { identityOf, requestFacts, ruleOptions } from './fixtures.js'

const now = 1_800_000_000_000
const acrs = ['pwd', 'mfa', 'phr']
const ages = [1000, 60_000, 3_600_000]

const subjectOf = (claims: Record<string, unknown>, authenticatedAt: number) => ({
  identity: identityOf(claims, { authenticatedAt }),
  facts: requestFacts,
  now,
  options: ruleOptions,
})

const someOf = (values: readonly string[]) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 })

const lasting: fc.Arbitrary<RuleConfig> = fc.oneof(
  someOf(['a', 'b', 'c']).map((groups) => ({ groups })),
  someOf(['GET', 'PUT']).map((methods) => ({ methods })),
)

const authentication: fc.Arbitrary<RuleConfig> = fc.record(
  { acr: someOf(acrs), maxAge: fc.constantFrom(...ages) },
  { requiredKeys: [] },
)

/** Rules as the configuration lets them be: none about the authentication within `not`. */
const { rule } = fc.letrec<{ rule: RuleConfig; plain: RuleConfig }>((tie) => ({
  plain: fc.oneof(
    { maxDepth: 3 },
    lasting,
    tie('plain').map((not) => ({ not })),
    fc.array(tie('plain'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
  ),
  rule: fc.oneof(
    { maxDepth: 4 },
    lasting,
    authentication,
    fc.tuple(authentication, lasting).map((both) => Object.assign({}, ...both)),
    tie('plain').map((not) => ({ not })),
    fc.array(tie('rule'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
    fc.array(tie('rule'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
  ),
}))

const person = fc.record({
  groups: fc.subarray(['a', 'b', 'c']),
  acr: fc.option(fc.constantFrom(...acrs, 'other'), { nil: undefined }),
  ageMs: fc.constantFrom(0, 1000, 2000, 60_001, 4_000_000, Number.NaN),
})

t.test('STEP-2 a step-up is offered exactly when an authentication would be enough', async (t) => {
  let offered = 0
  fc.assert(
    fc.property(rule, person, (config, { groups, acr, ageMs }) => {
      const compiled = compileRule(config)
      const holdsWith = (context: string | undefined, authenticatedAt: number) =>
        evaluate(compiled, subjectOf({ groups, acr: context }, authenticatedAt)) === true
      const stepUp = findStepUp(compiled, subjectOf({ groups, acr }, now - ageMs))
      const wouldHold = [...acrs, undefined].some((context) => holdsWith(context, now))
      if (holdsWith(acr, now - ageMs)) return stepUp === undefined
      if (stepUp === undefined) return !wouldHold

      offered += 1
      const { acrValues = [...acrs, undefined], maxAgeMs } = stepUp
      // Whatever the provider does of what it is asked for is enough.
      return (
        (stepUp.acrValues !== undefined || maxAgeMs !== undefined) &&
        acrValues.length > 0 &&
        acrValues.every((context) => holdsWith(context, now - (maxAgeMs ?? 1e12)))
      )
    }),
    { numRuns: 3000 },
  )
  t.ok(offered > 200, `it was offered ${offered} times`)
})

const stepUpOf = (config: RuleConfig, claims: Record<string, unknown> = {}) =>
  findStepUp(compileRule(config), subjectOf(claims, now - 7200_000))

t.test('what is asked for is the least that is enough', async (t) => {
  t.same(stepUpOf({ acr: ['mfa', 'phr'] }), { acrValues: ['mfa', 'phr'] })
  t.same(stepUpOf({ maxAge: 60_000 }), { maxAgeMs: 60_000 })
  t.same(
    stepUpOf({ acr: ['mfa'], maxAge: 60_000 }, { acr: 'mfa' }),
    { acrValues: ['mfa'], maxAgeMs: 60_000 },
    'a new authentication must not be weaker than the old one',
  )
  t.same(
    stepUpOf({ any: [{ acr: ['mfa'], maxAge: 1000 }, { acr: ['phr'] }] }),
    { acrValues: ['mfa', 'phr'], maxAgeMs: 1000 },
    'each value suffices at that age',
  )
  t.same(stepUpOf({ any: [{ acr: ['mfa'] }, { maxAge: 60_000 }] }), { maxAgeMs: 60_000 })
  t.same(
    stepUpOf({ any: [{ groups: ['a'] }, { groups: ['b'], acr: ['mfa'] }] }, { groups: ['b'] }),
    { acrValues: ['mfa'] },
  )
  t.equal(stepUpOf({ all: [{ acr: ['mfa'] }, { acr: ['phr'] }] }), undefined, 'never both')
  t.equal(stepUpOf({ groups: ['a'], acr: ['mfa'] }), undefined)
})

t.test('STEP-2 whoever has just come back is not sent again', async (t) => {
  const tried = (stepUp: StepUp, attempt = 1, ageMs = 1000) => ({
    createdAt: now - ageMs,
    stepUp: { ...stepUp, attempt },
  })
  const [mfa, phr, age] = [{ acrValues: ['mfa'] }, { acrValues: ['phr'] }, { maxAgeMs: 10_000 }]
  t.equal(countAttempt({ createdAt: now }, mfa, now), 1, 'a plain login was no attempt')
  t.equal(countAttempt(tried(mfa), mfa, now), undefined)
  t.equal(countAttempt(tried(mfa, 1, 60_000), mfa, now), 1, 'later it is a new one')
  t.equal(countAttempt(tried(mfa), phr, now), 2, 'another demand')
  t.equal(countAttempt(tried(mfa, 3), phr, now), undefined, 'but not in circles')
  t.equal(countAttempt(tried(age), age, now), undefined)
  t.equal(countAttempt(tried(age, 1, 10_000), age, now), 1, 'that authentication has aged')
  t.equal(countAttempt(tried(age), { ...age, ...mfa }, now), 2)
  for (const maxAgeMs of [0, 1000]) {
    t.equal(countAttempt(tried({ maxAgeMs }), { maxAgeMs }, now), undefined, `max_age ${maxAgeMs}`)
  }
  const claims = { access_token: { acrs: { value: 'c1' } } }
  t.equal(countAttempt(tried({ claims }), { claims }, now), undefined, 'the same claims')
  t.equal(countAttempt(tried({ claims }), { claims: { id_token: { acrs: null } } }, now), 2)
  t.equal(countAttempt(tried({ claims }), mfa, now), 2)
  t.equal(countAttempt(tried({ claims }, 1, 60_000), { claims }, now), 1)
})

t.test('a stranger is asked at once for what no login could do without', async (t) => {
  const cases: [RuleConfig, ReturnType<typeof findLoginDemand>][] = [
    [{ groups: ['a'] }, undefined],
    [{ groups: ['a'], acr: ['mfa', 'phr'] }, { acrValues: ['mfa', 'phr'] }],
    [{ maxAge: 60_000 }, { maxAgeMs: 60_000 }],
    [
      { acr: ['mfa'], maxAge: 60_000 },
      { acrValues: ['mfa'], maxAgeMs: 60_000 },
    ],
    [{ any: [{ groups: ['a'] }, { acr: ['mfa'] }] }, undefined],
    [{ any: [{ acr: ['mfa'] }, { maxAge: 60_000 }] }, { maxAgeMs: 60_000 }],
    [{ not: { groups: ['a'] }, acr: ['mfa'] }, { acrValues: ['mfa'] }],
    [{ all: [{ acr: ['mfa'] }, { acr: ['phr'] }] }, undefined],
  ]
  for (const [config, demand] of cases) {
    t.same(findLoginDemand(compileRule(config)), demand, JSON.stringify(config))
  }
})
