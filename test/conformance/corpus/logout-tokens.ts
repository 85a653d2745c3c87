import type { KeyObject } from 'node:crypto'
import { createTestKey, signingKey, type HostileProvider } from '../../helpers/hostile-provider.js'
import { forgedLogoutToken, logoutEvent, logoutTokenOf } from '../../helpers/logout-tokens.js'
import { secondsNow } from './case.js'

/** A logout token that must be refused, and the reason that the log then tells. */
export interface LogoutCase {
  readonly name: string
  readonly reason: RegExp
  readonly token: (provider: HostileProvider) => string
}

const sid = 's-1'
const hour = 3600
const stranger = createTestKey('key-1')
const ours = { sub: 'alice', sid }

const claims = (
  name: string,
  reason: RegExp,
  values: Record<string, unknown>,
  others: Record<string, unknown> = {},
): LogoutCase[] =>
  Object.entries(values).map(([title, value]) => ({
    name: `logout token: "${name}" is ${title}`,
    reason,
    token: (provider) =>
      logoutTokenOf(provider, {
        ...ours,
        ...others,
        [name]: typeof value === 'function' ? value(provider.issuer) : value,
      }),
  }))

const header = (
  title: string,
  reason: RegExp,
  bent: Record<string, unknown>,
  key: KeyObject | string = signingKey.privateKey,
): LogoutCase => ({
  name: `logout token: ${title}`,
  reason,
  token: (provider) => forgedLogoutToken(provider, ours, bent, key),
})

const text = (title: string, reason: RegExp, edit: (token: string) => string): LogoutCase => ({
  name: `logout token: ${title}`,
  reason,
  token: (provider) => edit(logoutTokenOf(provider, ours)),
})

const nobodys = /of no known provider/
const noText = { null: null, 'a number': 7, 'an empty text': '', 'a list': [], 'an object': {} }
const noInstant = { null: null, 'a text': 'now', 'a list': [], '1e300': 1e300, negative: -1 }
const publicPem = signingKey.publicKey.export({ type: 'spki', format: 'pem' }).toString()

/** Logout tokens that are wrong, missing, of another type or huge (Back-Channel Logout 1.0 §2.6). */
export const logoutTokens: readonly LogoutCase[] = [
  ...claims('iss', nobodys, {
    missing: undefined,
    ...noText,
    'another issuer': 'https://other.example.com',
    'with a slash at its end': (issuer: string) => `${issuer}/`,
  }),
  ...claims('aud', nobodys, {
    missing: undefined,
    ...noText,
    'another client': 'other',
    'a list of another client': ['other'],
  }),
  ...claims('aud', /not in trustedAudiences/, { 'ours beside a stranger': ['app', 'other'] }),
  ...claims('iat', /"iat"/, {
    'B16-14 missing': undefined,
    ...noInstant,
    'in an hour': secondsNow() + hour,
  }),
  ...claims('iat', /too long ago/, { 'an hour ago': secondsNow() - hour }),
  ...claims('exp', /"exp" is no instant/, noInstant),
  ...claims('exp', /expired/, { 'an hour ago': secondsNow() - hour, zero: 0 }),
  ...claims('jti', /"jti"/, { 'B16-14 missing': undefined, ...noText, huge: 'x'.repeat(10_000) }),
  ...claims('sid', /"sid"/, { ...noText, huge: 'x'.repeat(10_000) }),
  ...claims('sub', /"sub"/, { ...noText, huge: 'x'.repeat(10_000) }),
  ...claims('sub', /neither "sid" nor "sub"/, { missing: undefined }, { sid: undefined }),
  ...claims('events', /"events"/, {
    missing: undefined,
    ...noText,
    'a list of the event': [logoutEvent],
    'the event as a text': logoutEvent,
    'another event': { 'http://schemas.openid.net/event/other': {} },
    'the event, but null': { [logoutEvent]: null },
    'the event, but a list': { [logoutEvent]: [] },
    'the event, but true': { [logoutEvent]: true },
  }),
  ...claims('nonce', /"nonce"/, { there: 'x', 'there, but null': null, 'there, but empty': '' }),
  ...['none', 'None', 'HS256', 'RS512', 'PS256', ''].map((alg) =>
    header(`"alg" is ${JSON.stringify(alg)}`, /"alg"/, { alg }, 'secret'),
  ),
  header('HS256 keyed with the public key', /"alg"/, { alg: 'HS256' }, publicPem),
  header('signed with the wrong key', /signature/, {}, stranger.privateKey),
  header('with an embedded "jwk"', /signature/, { jwk: { kty: 'RSA' } }, stranger.privateKey),
  header('of a critical extension', /"crit"/, { crit: ['x'] }),
  ...['at+jwt', 'secevent+jwt', 'dpop+jwt'].map((typ) =>
    header(`"typ" is ${typ}`, /"typ"/, { typ }),
  ),
  text('empty', /no logout_token|no known provider/, () => ''),
  text('no JWT', nobodys, () => 'opaque'),
  text('cut short', /signature/, (token) => token.slice(0, -20)),
  text('with more behind it', /signature/, (token) => `${token}AAAA`),
  text('without its signature', /signature/, (token) => token.replace(/[^.]+$/, '')),
  text('encrypted', nobodys, () => 'eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d'),
  text('huge', /too large|413|no signed JWT|known provider/, (token) => token.padEnd(70_000, 'A')),
]
