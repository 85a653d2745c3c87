import type { CannedAnswer } from '../../helpers/hostile-provider.js'
import { answerCases, type Case } from './case.js'
import { boundless, temporary, unreadable, unsuccessful } from './documents.js'

const endpoint = { title: 'token response', path: '/token' }

const members = (
  name: string,
  code: string | undefined,
  values: Record<string, unknown>,
  because?: string,
): Case[] =>
  Object.entries(values).map(([title, value]) => ({
    name: `token response: "${name}" is ${title}`,
    code,
    because,
    bend(provider) {
      provider.tokens = { [name]: value }
    },
  }))

const onlyMissed = 'without it the session is shorter or says less, which is not worth a login'

/** What is dropped, where openid-client would drop all that came with it. */
const tolerated = (name: string, because: string, values: Record<string, unknown>): Case[] =>
  members(name, undefined, values, because)

/** The right members, bent as text. */
const edited = (title: string, code: string | undefined, edit: (json: string) => string): Case => ({
  name: `token response: ${title}`,
  code,
  bend(provider) {
    provider.edit = edit
  },
})

const failed = (error: unknown, status = 400): CannedAnswer => ({
  status,
  body: JSON.stringify({ error, error_description: 'Said the provider' }),
})

const noText = {
  null: null,
  'a number': 7,
  'a truth value': true,
  'a list': ['token'],
  'an object': { token: 'token' },
}
const none = { missing: undefined, 'an empty text': '' }

const asText = '{"access_token":"a","token_type":"Bearer"}'

/** Token responses that are wrong, missing, doubled, of another type or huge (RFC 6749 §5). */
export const tokenResponses: readonly Case[] = [
  ...members('access_token', 'ERR_TOKEN_RESPONSE', {
    ...none,
    ...noText,
    'a text with a blank': 'access token',
    'B16-20 a text with a line feed': 'access\nX-Injected: 1',
    'B16-20 a text with a carriage return alone': 'access\rX-Injected: 1',
    'a text with a null character': 'access\0token',
    'a text beyond ASCII': 'zugang-für-alle',
  }),
  ...members('token_type', 'ERR_TOKEN_RESPONSE', {
    ...none,
    ...noText,
    'another type': 'mac',
    'that of a bound token': 'DPoP',
    'that of no token': 'N_A',
    'two types': 'Bearer DPoP',
    'one with a blank': 'Bearer ',
  }),
  ...members('id_token', 'ERR_ID_TOKEN_MISSING', { ...none, ...noText }),
  ...members('refresh_token', undefined, { missing: undefined }),
  ...tolerated('refresh_token', onlyMissed, { ...noText, 'an empty text': '' }),
  ...members('scope', undefined, none),
  ...tolerated('scope', onlyMissed, noText),
  ...members('expires_in', undefined, {
    missing: undefined,
    zero: 0,
    'B16-24 a text': '3600',
    'B16-4 beyond every calendar (1e300)': 1e300,
  }),
  ...tolerated('expires_in', 'when a token expires only times its refresh', {
    null: null,
    'a truth value': true,
    'a list': ['soon'],
    'an object': { seconds: 60 },
    'an empty text': '',
    negative: -1,
    'no number': 'soon',
  }),
  ...members('error', undefined, { 'a text beside tokens': 'invalid_request', null: null }),
  ...answerCases(endpoint, unreadable, { code: 'ERR_TOKEN_RESPONSE' }),
  ...answerCases(endpoint, unsuccessful, { code: 'ERR_TOKEN_RESPONSE' }),
  ...answerCases(endpoint, temporary, { code: 'ERR_PROVIDER_UNAVAILABLE' }),
  ...answerCases(endpoint, boundless, {
    code: 'ERR_PROVIDER_UNAVAILABLE',
    settings: { timeout: '1s' },
    isBoundless: true,
  }),
  ...answerCases(
    endpoint,
    {
      '200 with an error that is an object': { body: '{"error":{"code":"invalid_grant"}}' },
      'an error of no known code': failed('no_such_code'),
      'an error that is a number': failed(7),
      'an error with a line break': failed('invalid\ngrant'),
      invalid_request: failed('invalid_request'),
      invalid_scope: failed('invalid_scope'),
      unsupported_grant_type: failed('unsupported_grant_type'),
      use_dpop_nonce: failed('use_dpop_nonce'),
      'tokens with 400': { status: 400, body: asText },
    },
    { code: 'ERR_TOKEN_RESPONSE' },
  ),
  ...answerCases(
    endpoint,
    {
      invalid_grant: failed('invalid_grant'),
      '200 with invalid_grant': failed('invalid_grant', 200),
      'invalid_grant with 401': failed('invalid_grant', 401),
    },
    { code: 'ERR_CALLBACK_CODE_REJECTED' },
  ),
  ...answerCases(
    endpoint,
    {
      invalid_client: failed('invalid_client', 401),
      'invalid_client with 400': failed('invalid_client'),
      unauthorized_client: failed('unauthorized_client'),
      'invalid_client with a challenge': {
        ...Object(failed('invalid_client', 401)),
        headers: { 'www-authenticate': 'Basic realm="provider"' },
      },
    },
    { code: 'ERR_PROVIDER_REJECTED_CLIENT' },
  ),
  ...answerCases(
    endpoint,
    { 'a failure that says invalid_grant': failed('invalid_grant', 500) },
    { code: 'ERR_PROVIDER_UNAVAILABLE' },
  ),
  ...answerCases(
    endpoint,
    {
      'right, but as HTML': { headers: { 'content-type': 'text/html' } },
      'right, but as a form': { headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    },
    {},
  ),
  edited('"token_type" twice, a wrong one last', 'ERR_TOKEN_RESPONSE', (json) =>
    json.replace(/}$/, ',"token_type":"mac"}'),
  ),
  edited('"id_token" twice, none last', 'ERR_ID_TOKEN_MISSING', (json) =>
    json.replace(/}$/, ',"id_token":null}'),
  ),
  edited('"access_token" twice, none last', 'ERR_TOKEN_RESPONSE', (json) =>
    json.replace(/}$/, ',"access_token":7}'),
  ),
  edited('in a list', 'ERR_TOKEN_RESPONSE', (json) => `[${json}]`),
  edited('with more behind it', 'ERR_TOKEN_RESPONSE', (json) => `${json}x`),
  edited('cut short', 'ERR_TOKEN_RESPONSE', (json) => json.slice(0, -2)),
  edited('with a prototype of its own', undefined, (json) =>
    json.replace('{', '{"__proto__":{"token_type":"mac"},"constructor":7,'),
  ),
]
