import { testCases, type ConfigCase } from '../helpers/config-cases.js'

testCases([
  {
    title: 'two providers of one id',
    line: 7,
    with: '    clientSecret: a\n  - { issuer: https://b.example, clientId: b, clientSecret: c }',
    expect: [['providers[1].id', /"default" is the id of providers\[0\] already/, 8]],
  },
  {
    title: 'a domain of addresses with a wildcard',
    line: 7,
    with: "    clientSecret: a\n    emailDomainHints: [example.com, '*.example.com']",
    expect: [['providers[0].emailDomainHints[1]', /is no domain/, 8]],
  },
  {
    title: 'two providers with the plain redirect URI',
    line: 7,
    with: '    clientSecret: a\n    plainCallback: true\n  - { id: b, issuer: https://b.example, clientId: b, clientSecret: c, plainCallback: true }',
    expect: [['providers[1].plainCallback', /set at providers\[0\] already/, 9]],
  },
  ...(
    [
      ['idp.example.com', /is not an https URL/],
      ['https://idp.example.com/?a=b', /no query/],
      ["'https://idp.example.com/#'", /no fragment/],
      ['https://u:p@idp.example.com', /no user/],
      ['http://idp.example.com', /allowInsecureIssuer/],
      [
        'https://idp.example.com/.well-known/openid-configuration',
        /not the address of its metadata/,
      ],
    ] as const
  ).map(([issuer, message]): ConfigCase => ({
    title: `issuer ${issuer}`,
    line: 5,
    with: `  - issuer: ${issuer}`,
    expect: [['providers[0].issuer', message, 5]],
  })),
  {
    title: 'http issuer that is allowed',
    line: 5,
    with: '  - issuer: http://idp.example.com\n    allowInsecureIssuer: true',
    expect: [],
  },
  {
    title: 'groups that are asked for with a token that is bound to a key',
    line: 7,
    with: '    clientSecret: x\n    dpop: required\n    groupsOverage: { url: https://graph.example.com/groups }',
    expect: [['providers[0].groupsOverage', /as Bearer, which dpop: required/, 9]],
  },
  ...(
    [
      ['https://u:p@graph.example.com', /no user/],
      ['http://graph.example.com', /plain http/],
      ['graph.example.com', /not an https URL/],
    ] as const
  ).map(([url, message]): ConfigCase => ({
    title: `groups at ${url}`,
    line: 7,
    with: `    clientSecret: x\n    groupsOverage: { url: '${url}' }`,
    expect: [['providers[0].groupsOverage.url', message, 8]],
  })),
  {
    title: 'openid missing',
    line: 7,
    with: '    clientSecret: x\n    scopes: [profile]',
    expect: [['providers[0].scopes', /"openid"/, 8]],
  },
  {
    title: 'prompt none',
    line: 7,
    with: '    clientSecret: x\n    prompt: none',
    expect: [['providers[0].prompt', /nobody could sign in/, 8]],
  },
  {
    title: 'signed answers of an introspection endpoint that nobody asks',
    line: 7,
    with: '    clientSecret: x\n    introspectionSignedResponseAlg: ES256',
    expect: [['providers[0].introspectionSignedResponseAlg', /accessTokenVerification/, 8]],
  },
  {
    title: 'signed answers of an introspection endpoint',
    line: 7,
    with: '    clientSecret: x\n    introspectionSignedResponseAlg: ES256\n    accessTokenVerification: auto',
    expect: [],
  },
  {
    title: 'no client secret',
    line: 7,
    with: '    clientAuthentication: client_secret_post',
    expect: [['providers[0].clientSecretFile', /VALETKEY_CLIENT_SECRET.*client_secret_post/, 5]],
  },
  {
    title: 'a malformed client secret is not also a missing one',
    line: 7,
    with: '    clientSecret: 12345678',
    expect: [['providers[0].clientSecret', /put it in quotes/, 7]],
  },
  {
    title: 'a secret too many',
    line: 7,
    with: '    clientSecret: x\n    clientAuthentication: none',
    expect: [['providers[0].clientSecret', /although clientAuthentication is none/, 7]],
  },
  {
    title: 'secret and file',
    line: 7,
    with: '    clientSecret: x\n    clientSecretFile: /s',
    files: { '/s': 'y' },
    expect: [['providers[0].clientSecretFile', /set together with clientSecret;/, 8]],
  },
  {
    title: 'no such file',
    line: 7,
    with: '    clientSecretFile: /none',
    expect: [['providers[0].clientSecretFile', /cannot be read \(ENOENT\)/, 7]],
  },
  {
    title: 'no such relative file',
    line: 7,
    with: '    clientSecretFile: none',
    expect: [['providers[0].clientSecretFile', /\(ENOENT\); a relative path starts at \/etc$/, 7]],
  },
  {
    title: 'empty file',
    line: 7,
    with: '    clientSecretFile: /s',
    files: { '/s': '\n' },
    expect: [['providers[0].clientSecretFile', /is empty/, 7]],
  },
  {
    title: 'HS* mixed',
    line: 7,
    with: '    clientSecret: x\n    idTokenSigningAlgorithms: [RS256, HS256]',
    expect: [['providers[0].idTokenSigningAlgorithms', /mixes HS\*/, 8]],
  },
  {
    title: 'HS* without a secret',
    line: 7,
    with: '    clientAuthentication: none\n    idTokenSigningAlgorithms: [HS256]',
    expect: [['providers[0].idTokenSigningAlgorithms', /needs a client secret/, 8]],
  },
  {
    title: 'algorithm none',
    line: 7,
    with: '    clientSecret: x\n    idTokenSigningAlgorithms: [none]',
    expect: [['providers[0].idTokenSigningAlgorithms[0]', /one of RS256/, 8]],
  },
  {
    title: 'provider timeout zero',
    line: 7,
    with: '    clientSecret: x\n    timeout: 0s',
    expect: [['providers[0].timeout', /longer than zero/, 8]],
  },
])
