import { createTestKey, forgeToken, signingKey } from '../../helpers/hostile-provider.js'
import { answerCases, type Case } from './case.js'
import { boundless, temporary, unreadable, unsuccessful } from './documents.js'

const endpoint = { title: 'userinfo', path: '/userinfo' }
const settings = { userinfo: 'always' }
const jwt = { 'content-type': 'application/jwt' }
const stranger = createTestKey('key-1', 'ES256')

const subjects = (code: string, values: Record<string, unknown>): Case[] =>
  Object.entries(values).map(([title, sub]) => ({
    name: `userinfo: "sub" is ${title}`,
    code,
    settings,
    bend(provider) {
      provider.userinfo = { sub, email: 'alice@example.com' }
    },
  }))

/** Signed userinfo with these claims and this header over the right ones. */
const signed = (
  title: string,
  code: string,
  claims: Record<string, unknown>,
  header: Record<string, unknown> = {},
  key: Parameters<typeof forgeToken>[2] = signingKey.privateKey,
): Case => ({
  name: `signed userinfo: ${title}`,
  code,
  settings,
  bend(provider) {
    const { issuer } = provider
    const body = forgeToken(
      { alg: 'RS256', kid: signingKey.kid, ...header },
      { iss: issuer, aud: 'app', sub: 'alice', ...claims },
      key,
    )
    provider.answers.set('/userinfo', { headers: jwt, body })
  },
})

/** Userinfo that is wrong, missing, of another type or huge (Core §5.3). */
export const userinfo: readonly Case[] = [
  ...subjects('ERR_PROVIDER_USERINFO_SUBJECT', {
    'somebody else': 'mallory',
    'in capitals': 'ALICE',
    'with a blank': 'alice ',
    huge: 'alice'.padEnd(100_000, 'x'),
    'of letters that look alike': '\u0430lice',
  }),
  ...subjects('ERR_PROVIDER_USERINFO', {
    missing: undefined,
    null: null,
    'an empty text': '',
    'a number': 7,
    'a list of the right one': ['alice'],
    'an object': { sub: 'alice' },
  }),
  ...answerCases(endpoint, unreadable, { code: 'ERR_PROVIDER_USERINFO', settings }),
  ...answerCases(endpoint, unsuccessful, { code: 'ERR_PROVIDER_USERINFO', settings }),
  ...answerCases(endpoint, temporary, { code: 'ERR_PROVIDER_UNAVAILABLE', settings }),
  ...answerCases(endpoint, boundless, {
    code: 'ERR_PROVIDER_UNAVAILABLE',
    settings: { ...settings, timeout: '1s' },
    isBoundless: true,
  }),
  ...answerCases(
    endpoint,
    {
      'B16-5 a list of claims': { body: '[{"sub":"alice"}]' },
      '200 with an error': { body: '{"error":"invalid_token"}' },
      'right, but nested 100 deep': {
        body: `{"sub":"alice","groups":${'['.repeat(100)}${']'.repeat(100)}}`,
      },
      'a JWT that claims to be JSON': { body: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.' },
      '401 with a challenge': {
        status: 401,
        headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
      },
    },
    { code: 'ERR_PROVIDER_USERINFO', settings },
  ),
  ...answerCases(
    endpoint,
    { '"sub" twice, somebody else last': { body: '{"sub":"alice","sub":"mallory"}' } },
    { code: 'ERR_PROVIDER_USERINFO_SUBJECT', settings },
  ),
  ...answerCases(
    endpoint,
    { 'right, but as HTML': { headers: { 'content-type': 'text/html' } } },
    { settings },
  ),
  signed('another issuer', 'ERR_PROVIDER_USERINFO', { iss: 'https://other.example.com' }),
  signed('no issuer', 'ERR_PROVIDER_USERINFO', { iss: undefined }),
  signed('another audience', 'ERR_PROVIDER_USERINFO', { aud: 'other' }),
  signed('no audience', 'ERR_PROVIDER_USERINFO', { aud: undefined }),
  signed('somebody else', 'ERR_PROVIDER_USERINFO', { sub: 'mallory' }),
  signed('no subject', 'ERR_PROVIDER_USERINFO', { sub: undefined }),
  signed('unsigned', 'ERR_PROVIDER_USERINFO', {}, { alg: 'none' }),
  signed(
    'signed with the wrong key',
    'ERR_ID_TOKEN_KEY',
    {},
    { alg: 'ES256' },
    stranger.privateKey,
  ),
  signed('of a critical extension', 'ERR_PROVIDER_USERINFO', {}, { crit: ['x'] }),
  signed('an access token', 'ERR_ID_TOKEN_TYPE', {}, { typ: 'at+jwt' }),
]
