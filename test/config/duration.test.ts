import * as fc from 'fast-check'
import t from 'tap'
import { formatDuration, parseDurationMs, timerFault } from '../../src/config/duration.js'

t.test('durations have a unit each', async (t) => {
  const known = { '250ms': 250, '30s': 30_000, '5m': 300_000, '8h': 28_800_000, '7d': 604_800_000 }
  for (const [text, durationMs] of Object.entries(known)) {
    t.equal(parseDurationMs(text), durationMs)
    t.equal(formatDuration(durationMs), text)
  }
  t.equal(formatDuration(0), '0s')
})

t.test('anything else is no duration', async (t) => {
  for (const text of [
    '',
    '5',
    's',
    '1.5h',
    '-1s',
    '5 s',
    '1h30m',
    '5S',
    '5w',
    '123456789s',
    '5s\n',
  ]) {
    t.throws(() => parseDurationMs(text), RangeError, JSON.stringify(text))
  }
})

t.test('what is written is read as the same', async () => {
  fc.assert(fc.property(fc.nat(99_999_999), (ms) => parseDurationMs(formatDuration(ms)) === ms))
})

t.test('a timer is neither zero nor longer than Node can count', async (t) => {
  t.equal(timerFault('0s', { zero: 'refused' }), 'must be longer than zero')
  t.equal(timerFault('0s', { zero: 'allowed' }), undefined)
  t.equal(timerFault('24d', { zero: 'refused' }), undefined)
  t.equal(timerFault('25d', { zero: 'refused' }), 'must be at most 24d')
  t.equal(timerFault(undefined, { zero: 'refused' }), undefined)
})
