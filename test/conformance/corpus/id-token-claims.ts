import type { HostileProvider } from '../../helpers/hostile-provider.js'
import { claimCases, secondsNow, type Case } from './case.js'

const issuerOf = ({ issuer }: HostileProvider) => issuer
const hour = 3600

const noText = {
  missing: undefined,
  null: null,
  'an empty text': '',
  'a number': 7,
  'a truth value': true,
  'an object': { id: 'alice' },
  'an empty list': [],
}

const noInstant = {
  missing: undefined,
  null: null,
  'an empty text': '',
  'a text': String(secondsNow() + hour),
  'a date': '2099-01-01T00:00:00Z',
  'a truth value': true,
  'an object': {},
  'a list': [secondsNow() + hour],
  negative: -1,
  'B16-4 beyond every calendar (1e300)': 1e300,
  'B16-4 just beyond the last date': 8.64e12 + 1,
  'infinite (1e999)': Number.POSITIVE_INFINITY,
}

/** ID tokens of which one claim is wrong, missing, of another type or huge (Core §3.1.3.7). */
export const idTokenClaims: readonly Case[] = [
  ...claimCases('iss', 'ERR_ID_TOKEN_ISSUER', {
    ...noText,
    'another issuer': 'https://other.example.com',
    'with a slash at its end': (each: HostileProvider) => `${issuerOf(each)}/`,
    'with a path': (each: HostileProvider) => `${issuerOf(each)}/realms/other`,
    'https for http': (each: HostileProvider) => issuerOf(each).replace('http:', 'https:'),
    'in capitals': (each: HostileProvider) => issuerOf(each).toUpperCase(),
    'of another port': (each: HostileProvider) => `${issuerOf(each)}0`,
    'of a user': (each: HostileProvider) => issuerOf(each).replace('//', '//user@'),
    'with a blank': (each: HostileProvider) => `${issuerOf(each)} `,
    'the right one in a list': (each: HostileProvider) => [issuerOf(each)],
    huge: 'https://idp.example.com/'.padEnd(20_000, 'x'),
  }),
  ...claimCases('aud', 'ERR_ID_TOKEN_AUDIENCE', {
    ...noText,
    'another client': 'other',
    'in capitals': 'APP',
    'with a blank': 'app ',
    'a prefix': 'ap',
    'two clients in one text': 'app other',
    'a list of another client': ['other'],
    'ours beside a stranger': ['app', 'other'],
    'ours beside a number': ['app', 7],
    'ours in a list in a list': [['app']],
    'ours beside null': ['app', null],
  }),
  ...claimCases('azp', 'ERR_ID_TOKEN_AUTHORIZED_PARTY', {
    'another client': 'other',
    null: null,
    'an empty text': '',
    'a number': 7,
    'in capitals': 'APP',
    'the right one in a list': ['app'],
  }),
  ...claimCases('sub', 'ERR_ID_TOKEN_SUBJECT', {
    ...noText,
    'longer than 255 characters': 'x'.repeat(256),
    huge: 'x'.repeat(20_000),
    'the right one in a list': ['alice'],
  }),
  ...claimCases('exp', 'ERR_ID_TOKEN_EXPIRED', {
    ...noInstant,
    zero: 0,
    'an hour ago': secondsNow() - hour,
    'in the last century': 915_148_800,
  }),
  ...claimCases('iat', 'ERR_ID_TOKEN_ISSUED_AT', {
    ...noInstant,
    zero: 0,
    'an hour ago': secondsNow() - hour,
    'in an hour': secondsNow() + hour,
    'in milliseconds': Date.now(),
  }),
  ...claimCases('nbf', 'ERR_ID_TOKEN_NOT_YET_VALID', {
    null: null,
    'a text': 'now',
    'a list': [],
    'in an hour': secondsNow() + hour,
    'B16-4 beyond every calendar (1e300)': 1e300,
    negative: -1,
  }).filter(({ name }) => !name.endsWith('null')),
  ...claimCases('nonce', 'ERR_ID_TOKEN_NONCE', {
    ...noText,
    'of another login': 'bm9uY2Ugb2YgYW5vdGhlciBsb2dpbg',
    huge: 'x'.repeat(20_000),
    'a list': ['nonce'],
  }),
  ...claimCases('at_hash', 'ERR_ID_TOKEN_ACCESS_TOKEN_HASH', {
    'that of another access token': '77QmUPtjPfzWtF2AnpK9RQ',
    null: null,
    'an empty text': '',
    'a number': 7,
    'a list': [],
    huge: 'x'.repeat(20_000),
  }),
  ...claimCases(
    'auth_time',
    'ERR_ID_TOKEN_AUTHENTICATION_TIME',
    { ...noInstant, 'an hour ago': secondsNow() - hour, zero: 0 },
    { maxAge: '1m' },
  ),
  ...claimCases(
    'acr',
    'ERR_ID_TOKEN_ACR',
    { ...noText, 'a weaker one': 'pwd', 'in capitals': 'MFA', 'the right one in a list': ['mfa'] },
    { acrValues: ['mfa'] },
  ),
]
