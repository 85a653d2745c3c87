import type { Case } from './case.js'

const response = (
  title: string,
  code: string,
  answer: NonNullable<Case['answer']>,
  more: Partial<Case> = {},
): Case => ({ name: `authorization response: ${title}`, code, answer, ...more })

const set = (name: string, value: string) => (parameters: URLSearchParams) =>
  parameters.set(name, value)

const again = (name: string, value: (first: string) => string) => (parameters: URLSearchParams) =>
  parameters.append(name, value(parameters.get(name) ?? ''))

const sendsIssuer: Partial<Case> = {
  bend(provider) {
    provider.metadata['authorization_response_iss_parameter_supported'] = true
  },
}

const refusals = [
  'invalid_request',
  'unauthorized_client',
  'invalid_scope',
  'server_error',
  'temporarily_unavailable',
  'no_such_code',
  '',
  '<script>alert(1)</script>',
  'x'.repeat(2000),
  'two words',
  'line\nbreak',
]

/** Authorization responses that are wrong, missing, doubled or huge: none of them buys tokens. */
export const authorizationResponses: readonly Case[] = [
  response('without "state"', 'ERR_CALLBACK_STATE', (each) => each.delete('state')),
  response('"state" is empty', 'ERR_CALLBACK_STATE', set('state', '')),
  response('"state" is foreign', 'ERR_CALLBACK_STATE', set('state', 'forged')),
  response('"state" is huge', 'ERR_CALLBACK_STATE', set('state', 'x'.repeat(10_000))),
  response('"state" has a null character', 'ERR_CALLBACK_STATE', set('state', 'a\0b')),
  response('"state" is a cookie name', 'ERR_CALLBACK_STATE', set('state', 'valetkey')),
  response(
    '"state" names a member of every object',
    'ERR_CALLBACK_STATE',
    set('state', '__proto__'),
  ),
  response('"state" is cut short', 'ERR_CALLBACK_STATE', (each) =>
    each.set('state', each.get('state')?.slice(0, -1) ?? ''),
  ),
  response('"state" is cut to what names its cookie', 'ERR_CALLBACK_STATE', (each) =>
    each.set('state', each.get('state')?.slice(0, 16) ?? ''),
  ),
  response('"state" has more behind it', 'ERR_CALLBACK_STATE', (each) =>
    each.set('state', `${each.get('state')}x`),
  ),
  response('"state" is in other letters', 'ERR_CALLBACK_STATE', (each) =>
    each.set('state', each.get('state')?.toUpperCase() ?? ''),
  ),
  response(
    'B16-1 "state" twice, alike',
    'ERR_CALLBACK_STATE',
    again('state', (first) => first),
  ),
  response(
    'B16-1 "state" twice, unlike',
    'ERR_CALLBACK_STATE',
    again('state', () => 'other'),
  ),
  response('"state" in another name', 'ERR_CALLBACK_STATE', (each) => {
    each.set('State', each.get('state') ?? '')
    each.delete('state')
  }),
  response('without "code"', 'ERR_CALLBACK_PARAMETERS', (each) => each.delete('code')),
  response('"code" is empty', 'ERR_CALLBACK_PARAMETERS', set('code', '')),
  response(
    'B16-1 "code" twice, alike',
    'ERR_CALLBACK_PARAMETERS',
    again('code', (first) => first),
  ),
  response(
    'B16-1 "code" twice, unlike',
    'ERR_CALLBACK_PARAMETERS',
    again('code', () => 'other'),
  ),
  response('"iss" twice', 'ERR_CALLBACK_PARAMETERS', (each, issuer) => {
    each.append('iss', issuer)
    each.append('iss', issuer)
  }),
  ...Object.entries({
    'another issuer': () => 'https://other.example.com',
    empty: () => '',
    'with a slash at its end': (issuer: string) => `${issuer}/`,
    'in capitals': (issuer: string) => issuer.toUpperCase(),
    'https for http': (issuer: string) => issuer.replace('http', 'https'),
    huge: (issuer: string) => issuer.padEnd(5000, 'x'),
  }).flatMap(([title, bent]) =>
    [{}, sendsIssuer].map((more, index) =>
      response(
        `"iss" is ${title}, ${index === 0 ? 'and not announced' : 'and announced'}`,
        'ERR_CALLBACK_ISSUER_MISMATCH',
        (each, issuer) => each.set('iss', bent(issuer)),
        more,
      ),
    ),
  ),
  response('without the announced "iss"', 'ERR_CALLBACK_ISSUER_MISMATCH', () => {}, sendsIssuer),
  response(
    'a refusal without the announced "iss"',
    'ERR_CALLBACK_ISSUER_MISMATCH',
    set('error', 'access_denied'),
    sendsIssuer,
  ),
  ...['id_token', 'access_token', 'response'].map((name) =>
    response(`"${name}" beside the code`, 'ERR_CALLBACK_PARAMETERS', set(name, 'a.b.c')),
  ),
  ...[
    'login_required',
    'consent_required',
    'interaction_required',
    'account_selection_required',
  ].map((error) => response(error, 'ERR_CALLBACK_INTERACTION', set('error', error))),
  response('access_denied', 'ERR_CALLBACK_DENIED', set('error', 'access_denied')),
  response(
    'unmet_authentication_requirements',
    'ERR_CALLBACK_UNMET',
    set('error', 'unmet_authentication_requirements'),
  ),
  ...refusals.map((error) =>
    response(
      `an error beside the code: ${JSON.stringify(error.slice(0, 30))}`,
      'ERR_CALLBACK_ERROR',
      set('error', error),
    ),
  ),
  response('an error twice', 'ERR_CALLBACK_PARAMETERS', (each) => {
    each.append('error', 'access_denied')
    each.append('error', 'server_error')
  }),
  response('an error with a foreign "state"', 'ERR_CALLBACK_STATE', (each) => {
    each.set('error', 'access_denied')
    each.set('state', 'forged')
  }),
  response('nothing at all', 'ERR_CALLBACK_STATE', (each) => {
    for (const name of ['code', 'state']) each.delete(name)
  }),
]
