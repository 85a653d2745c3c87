import t from 'tap'
import { stateIn } from '../../src/http/response-state.js'

const token = (payload: string) => `e30.${Buffer.from(payload).toString('base64url')}.x`

t.test('JARM-1 the state of a response, in the clear or within a JWT', async (t) => {
  const cases: [[string, string][], string][] = [
    [[['state', 'a']], 'a'],
    [[], ''],
    [
      [
        ['state', 'a'],
        ['state', 'a'],
      ],
      '',
    ],
    [[['response', token('{"state":"b"}')]], 'b'],
    [
      [
        ['response', token('{"state":"b"}')],
        ['state', 'a'],
      ],
      'b',
    ],
    [
      [
        ['response', token('{"state":"b"}')],
        ['response', token('{"state":"b"}')],
      ],
      '',
    ],
    ...['{}', '{"state":7}', '{"state":["b"]}', 'null', '7', '{', ''].map(
      (payload): [[string, string][], string] => [[['response', token(payload)]], ''],
    ),
    [[['response', 'x']], ''],
    [
      [
        ['response', 'x'],
        ['state', 'a'],
      ],
      'a',
    ],
    [[['response', '']], ''],
  ]
  for (const [pairs, state] of cases) {
    t.equal(stateIn(new URLSearchParams(pairs)), state, JSON.stringify(pairs))
  }
})
