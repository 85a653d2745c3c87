import t from 'tap'
import { longestClaims, parseDemandedClaims } from '../../src/access/claims-challenge.js'
import { parseStepUpChallenge } from '../../src/access/step-up-challenge.js'

const context = { access_token: { acrs: { essential: true, value: 'c1' } } }
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64')
const field = (claims: string) => `Bearer error="insufficient_claims", claims="${claims}"`

t.test('E9 the challenge of an API is read as Entra ID writes it', async (t) => {
  const uri = 'authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"'
  const text = base64(context)
  for (const [title, fields] of [
    ['whole', [`Bearer realm="", ${uri}, error="insufficient_claims", claims="${text}"`]],
    ['after another scheme', ['Negotiate', field(text)]],
    ['in small letters, of a bound token', [field(text).replace('Bearer', 'dpop')]],
    ['for web addresses', [field(Buffer.from(JSON.stringify(context)).toString('base64url'))]],
    ['without padding', [field(text.replace(/=+$/, ''))]],
    ['as JSON', [field(JSON.stringify(context).replaceAll('"', '\\"'))]],
    ['beside one that asks for nothing', [field('e30='), field(text)]],
  ] as const) {
    t.same(parseStepUpChallenge(fields), { claims: context }, title)
  }
})

t.test('E9 of the places where claims can be asked for only tokens count', async (t) => {
  const others = { userinfo: { email: null }, redirect_uri: 'https://evil.example', scope: {} }
  t.strictSame(parseDemandedClaims(base64({ ...context, ...others })), context)
  const both = { id_token: { acrs: null }, access_token: { nbf: { value: '1700000000' } } }
  t.same(parseDemandedClaims(base64(both)), both)
  t.equal(parseDemandedClaims(base64(others)), undefined)
})

for (const [title, claims] of [
  ['nothing', ''],
  ['no Base64', '!!!!'],
  ['Base64 of no JSON', Buffer.from('no JSON').toString('base64')],
  ['Base64 twice', Buffer.from(base64(context)).toString('base64')],
  ['JSON that is cut off', JSON.stringify(context).slice(0, -1)],
  ['a list', base64([context])],
  ['a text', base64('access_token')],
  ['null', base64(null)],
  ['an empty object', base64({})],
  ['a token without claims', base64({ access_token: {} })],
  ['a token that is a list', base64({ access_token: ['acrs'] })],
  ['a token that is a text', base64({ access_token: 'acrs' })],
  ['one token that is right and one that is not', base64({ ...context, id_token: 'acrs' })],
  ['a claim that is a text', base64({ access_token: { acrs: 'c1' } })],
  ['a claim that is a list', base64({ id_token: { acrs: ['c1'] } })],
  ['claims of the prototype', '{"__proto__":{"access_token":{"acrs":null}}}'],
  ['invalid UTF-8', Buffer.from('{"id_token":{"\xff":null}}', 'latin1').toString('base64')],
  ['what is too long', base64({ access_token: { acrs: { value: 'x'.repeat(longestClaims) } } })],
  ['what is huge', base64({ access_token: { acrs: { value: 'x'.repeat(100_000) } } })],
  ['what nests deep', `{"access_token":{"a":{"b":${'['.repeat(1500)}${']'.repeat(1500)}}}}`],
] as const) {
  t.test(`E9 a challenge with ${title} asks for nothing`, async (t) => {
    t.equal(parseDemandedClaims(claims), undefined)
    t.equal(parseStepUpChallenge([field(claims.replaceAll('"', '\\"'))]), undefined)
  })
}

t.test('E9 claims without their error, or with that of another, ask for nothing', async (t) => {
  const claims = `claims="${base64(context)}"`
  for (const other of [
    `Bearer ${claims}`,
    `Bearer error="invalid_token", ${claims}`,
    `Bearer error="insufficient_user_authentication", ${claims}`,
    `Basic error="insufficient_claims", ${claims}`,
    'Bearer error="insufficient_claims", acr_values="mfa", max_age="60"',
  ]) {
    t.equal(parseStepUpChallenge([other]), undefined, other)
  }
})

function sized(length: number) {
  const empty = JSON.stringify({ id_token: { a: { value: '' } } })
  return { id_token: { a: { value: 'x'.repeat(length - empty.length) } } }
}

t.test('E9 the longest claims that count', async (t) => {
  t.same(parseDemandedClaims(base64(sized(longestClaims))), sized(longestClaims))
  t.equal(parseDemandedClaims(base64(sized(longestClaims + 1))), undefined)
  const wide = { id_token: { a: { value: '\u00e9'.repeat(longestClaims / 2) } } }
  t.equal(parseDemandedClaims(base64(wide)), undefined, 'in bytes')
})
