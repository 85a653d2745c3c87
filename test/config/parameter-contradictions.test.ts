import { formatPath } from '../../src/config/config-error.js'
import { testCases, type ConfigCase } from '../helpers/config-cases.js'

const at = (key: string, name: string): string => formatPath(['providers', 0, key, name])
const setting = (lines: string): string => `    clientSecret: x\n    ${lines}`

/** Nothing lets anybody touch what a login is made of, however a provider spells the name. */
const core = [
  'client_id',
  'redirect_uri',
  'Redirect_Uri',
  'redirect.uri',
  'redirect-uri',
  'response_type',
  'response_mode',
  'scope',
  'SCOPE',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'request',
  'request_uri',
  'id_token_hint',
  'client_assertion',
  'dpop_jkt',
  'grant_type',
]

testCases([
  {
    title: 'RFC 9101 §10.8 a subject for signed requests',
    line: 7,
    with: setting('startParameters: { sub: any }'),
    expect: [[at('startParameters', 'sub'), /pass for the client/, 8]],
  },
  ...core.flatMap((name): ConfigCase[] => [
    {
      title: `B16-9 extra parameter ${name}`,
      line: 7,
      with: setting(`extraParameters: { '${name}': x }`),
      expect: [[at('extraParameters', name), /written by Valetkey itself/, 8]],
    },
    {
      title: `B16-10 start parameter ${name}`,
      line: 7,
      with: setting(`startParameters: { '${name}': any }`),
      expect: [[at('startParameters', name), /written by Valetkey itself/, 8]],
    },
  ]),
  ...(
    [
      ['acr_values', /is what acrValues is for/],
      ['max_age', /is what maxAge is for/],
      ['claims', /is what claims is for/],
      ['resource', /is what resources is for/],
      ['prompt', /is what prompt is for/],
    ] as const
  ).map(([name, message]): ConfigCase => ({
    title: `extra parameter ${name}, which has a setting`,
    line: 7,
    with: setting(`extraParameters: { ${name}: x }`),
    expect: [[`providers[0].extraParameters.${name}`, message, 8]],
  })),
  ...['redirect_uri[]', 'a b', 'a=b&scope', 'ä', ''].map((name): ConfigCase => ({
    title: `a name that is none: ${name}`,
    line: 7,
    with: setting(`extraParameters: { '${name}': x }`),
    expect: [[at('extraParameters', name), /no name of a parameter/, 8]],
  })),
  ...['rd', 'provider', 'step_up', 'form'].map((name): ConfigCase => ({
    title: `start parameter ${name}, which /start reads itself`,
    line: 7,
    with: setting(`startParameters: { ${name}: any }`),
    expect: [[`providers[0].startParameters.${name}`, /read by \/start itself/, 8]],
  })),
  ...['any', '[login, none]', "['login none']", "{ pattern: '.*' }"].map((rule): ConfigCase => ({
    title: `CORE-23 start parameter prompt: ${rule}`,
    line: 7,
    with: setting(`startParameters: { prompt: ${rule} }`),
    expect: [['providers[0].startParameters.prompt', /a list without "none"/, 8]],
  })),
  {
    title: 'a pattern that is none',
    line: 7,
    with: setting(`startParameters: { hd: { pattern: '(' } }`),
    expect: [['providers[0].startParameters.hd.pattern', /no regular expression/, 8]],
  },
  {
    title: 'a rule of another kind',
    line: 7,
    with: setting(`startParameters: { hd: yes }`),
    expect: [['providers[0].startParameters.hd', /must be one of any or a list/, 8]],
  },
  {
    title: 'parameters that may be sent',
    line: 7,
    with: setting(
      [
        'extraParameters: { audience: https://api.example, kc_idp_hint: a }',
        '    startParameters:',
        '      { prompt: [login, create], kc_idp_hint: [a, b], hd: { pattern: "[a-z.]+" } }',
      ].join('\n'),
    ),
    expect: [],
  },
  ...['api', '/api', 'https://api.example/#part', 'https://api.example/#'].map(
    (resource): ConfigCase => ({
      title: `RES-1 resource ${resource}`,
      line: 7,
      with: setting(`resources: ['https://a.example', '${resource}']`),
      expect: [['providers[0].resources[1]', /no absolute URI without a fragment/, 8]],
    }),
  ),
  {
    title: 'RES-1 resources that are URIs',
    line: 7,
    with: setting(`resources: ['https://a.example/?x=1', 'urn:example:api']`),
    expect: [],
  },
  ...["'x'", '1', '[mfa]', '{ essential: yes please }', '{ values: mfa }', '{ values: [] }'].map(
    (request): ConfigCase => ({
      title: `CORE-13 a claim that is asked for by ${request}`,
      line: 7,
      with: setting(`claims: { id_token: { acr: ${request} } }`),
      expect: [['providers[0].claims.id_token.acr', /must be null, or a mapping/, 8]],
    }),
  ),
  {
    title: 'CORE-13 acr twice',
    line: 7,
    with: setting(`acrValues: [mfa]\n    claims: { id_token: { acr: { essential: true } } }`),
    expect: [['providers[0].claims.id_token.acr', /acrValues as well/, 9]],
  },
  {
    title: 'a place for claims that is none',
    line: 7,
    with: setting(`claims: { refresh_token: { acr: null } }`),
    expect: [['providers[0].claims.refresh_token', /is not a setting/, 8]],
  },
  {
    title: 'JAR-1 signed requests without a key',
    line: 7,
    with: setting('signedAuthorizationRequests: always'),
    expect: [['providers[0].signedAuthorizationRequests', /needs clientKeyFile/, 8]],
  },
])
