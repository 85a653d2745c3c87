import { route, testCases } from '../helpers/config-cases.js'

testCases([
  { title: 'nothing wrong', expect: [] },
  {
    title: 'unknown setting with a near one',
    line: 2,
    with: 'listn: 0.0.0.0:1',
    expect: [['listn', /did you mean "listen"\?/, 2]],
  },
  {
    title: 'snake case',
    line: 6,
    with: '    client_id: app',
    expect: [
      ['providers[0].clientId', /is missing \(or set VALETKEY_CLIENT_ID\)/, 5],
      ['providers[0].client_id', /did you mean "clientId"\?/, 6],
    ],
  },
  {
    title: 'unknown setting with no near one',
    line: 3,
    with: 'admin: { frobnicate: 1 }',
    expect: [['admin.frobnicate', /known here: listen, token, tokenFile/, 3]],
  },
  {
    title: 'number for text',
    line: 6,
    with: '    clientId: 123',
    expect: [['providers[0].clientId', /put it in quotes/, 6]],
  },
  {
    title: 'empty section',
    line: 8,
    with: 'session:',
    expect: [['session', /^is empty; it must be a mapping of settings$/, 8]],
  },
  {
    title: 'enum',
    line: 8,
    with: 'session: { store: rediss }',
    expect: [['session.store', /^must be one of memory, redis$/, 8]],
  },
  {
    title: 'duration without a unit',
    line: 8,
    with: 'session: { lifetime: 3600 }',
    expect: [['session.lifetime', /^must be a duration such as 30s, 5m or 8h$/, 8]],
  },
  {
    title: 'duration too large to count',
    line: 8,
    with: 'session: { lifetime: 999999999d }',
    expect: [['session.lifetime', /must be a duration/, 8]],
  },
  {
    title: 'a union of kinds says one sentence',
    line: 7,
    with: '    clientSecret: x\n    groupsClaim: [3, 4]',
    expect: [['providers[0].groupsClaim', /^must be text that is not empty or a list/, 8]],
  },
  {
    title: 'a list that is none',
    line: 9,
    with: 'returnToHosts: other.example.com\nroutes:',
    expect: [['returnToHosts', /^must be a list$/, 9]],
  },
  {
    title: 'an empty list of providers',
    line: 4,
    with: 'providers: []\nx:',
    expect: [
      ['providers', /must be a list of at least one item/, 4],
      ['x', /is not a setting/, 5],
    ],
  },
  {
    title: 'a route without upstream',
    line: 10,
    with: '  - match: { path: / }',
    expect: [['routes[0].upstream', /is missing \(or set VALETKEY_UPSTREAM\)/, 10]],
  },
  {
    title: 'a method in small letters',
    line: 10,
    with: route('match: { methods: [get] }'),
    expect: [['routes[0].match.methods[0]', /a method in capitals, such as GET/, 10]],
  },
  {
    title: 'a claim whose name is no plain word',
    line: 10,
    with: route("require: { claims: { 'https://x.example/role': admin } }"),
    expect: [['routes[0].require.claims["https…"]', /must be a list of at least one item/, 10]],
  },
  {
    title: 'whole number',
    line: 8,
    with: 'session: { cacheBytes: -1 }',
    expect: [['session.cacheBytes', /a whole number of at least 0/, 8]],
  },
  {
    title: 'true or false',
    line: 7,
    with: '    clientSecret: x\n    allowInsecureIssuer: yes',
    expect: [['providers[0].allowInsecureIssuer', /must be true or false/, 8]],
  },
])
