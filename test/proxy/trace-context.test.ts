import t from 'tap'
import { continueTrace } from '../../src/proxy/trace-context.js'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const parentId = '00f067aa0ba902b7'
const parent = `00-${traceId}-${parentId}-01`
const fieldsOf = (traceparent: string | undefined, tracestate?: string) =>
  Object.fromEntries(continueTrace(traceparent, tracestate))

t.test('TRC-1 a valid trace goes on with a parent id of our own', async (t) => {
  const { traceparent = '', tracestate } = fieldsOf(parent, 'a=1,b@c=2')
  t.match(traceparent, new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))
  t.notMatch(traceparent, parentId)
  t.equal(tracestate, 'a=1,b@c=2')
  const again = fieldsOf(parent)['traceparent']
  t.not(again, traceparent, 'each time another')
  t.match(fieldsOf(parent.replace(/01$/, '00'))['traceparent'], /-00$/, 'not sampled stays so')
  t.match(fieldsOf(parent.replace(/01$/, 'ff'))['traceparent'], /-03$/, 'unknown flags go')
  const later = `cc-${traceId}-${parentId}-01-what-comes`
  t.match(fieldsOf(later)['traceparent'], new RegExp(`^00-${traceId}-`), 'a later version')
})

t.test('TRC-1 a request without a trace begins none', async (t) => {
  t.same(fieldsOf(undefined, 'a=1'), {})
})

t.test('TRC-1 what is no trace, or several, is replaced by a new one', async (t) => {
  const bad = [
    '',
    'x',
    parent.toUpperCase(),
    parent.replace(/^00/, 'ff'),
    parent.replace(traceId, '0'.repeat(32)),
    parent.replace(parentId, '0'.repeat(16)),
    parent.slice(1),
    `${parent}-x`,
    `${parent}0`,
    `cc${parent.slice(2)}x`,
    ` ${parent}`,
    `${parent}, ${parent}`,
  ]
  for (const each of bad) {
    const fields = fieldsOf(each, 'a=1')
    t.same(Object.keys(fields), ['traceparent'], each)
    t.match(fields['traceparent'], /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/, each)
    t.notMatch(fields['traceparent'], traceId, each)
  }
})

const members = (count: number, length = 8) =>
  Array.from({ length: count }, (_, at) => `k${at}=${'v'.repeat(length)}`)
const stateOf = (state: string) => fieldsOf(parent, state)['tracestate']

t.test('TRC-1 tracestate is bounded', async (t) => {
  t.equal(stateOf(members(32, 1).join(',')), members(32, 1).join(','))
  t.equal(stateOf(members(33, 1).join(',')), undefined, 'more than 32 members')
  t.equal(stateOf('a=1, ,\tb=2'), 'a=1,b=2', 'empty members')
  for (const bad of ['a', 'A=1', 'a=', 'a=b=c', 'a=\xe9', '=1', `a=${'v'.repeat(257)}`]) {
    t.equal(stateOf(`x=1,${bad}`), undefined, bad)
  }
  t.equal(stateOf(''), undefined)
  const long = members(20, 40)
  const kept = stateOf(long.join(',')) ?? ''
  t.ok(kept.length <= 512)
  t.ok(long.join(',').startsWith(kept), 'the oldest members go')
  const large = `large=${'v'.repeat(200)}`
  t.equal(stateOf([large, ...members(8, 40)].join(',')), members(8, 40).join(','))
})
