import t from 'tap'
import { route, testCases, type ConfigCase } from '../helpers/config-cases.js'
import { fullExample, fullExampleFiles, problemsOf } from '../helpers/config-fixtures.js'

const crossOrigin = (what: string, rest = '') => route(`crossOrigin: { ${what} }${rest}`)

testCases([
  ...(
    [
      ["'https://spa.example.com/'", /is no origin/],
      ["'https://spa.example.com:443'", /is no origin/],
      ["'https://SPA.example.com'", /is no origin/],
      ['spa.example.com', /is no origin/],
      ["'null'", /is no origin/],
      ["'https://*'", /is no origin/],
      ["'http://spa.example.com'", /is not https/],
    ] as const
  ).map(([origin, message]): ConfigCase => ({
    title: `origin ${origin}`,
    line: 10,
    with: crossOrigin(`origins: [${origin}]`),
    expect: [['routes[0].crossOrigin.origins[0]', message, 10]],
  })),
  {
    title: 'origins as browsers send them',
    line: 10,
    with: crossOrigin(
      "origins: ['https://spa.example.com', 'https://*.example.com:8443', 'http://localhost:5173'], preflight: pass",
    ),
    expect: [],
  },
  {
    title: 'everybody, and somebody besides',
    line: 10,
    with: crossOrigin("origins: ['*', 'https://spa.example.com']"),
    expect: [['routes[0].crossOrigin.origins[0]', /stands for every origin/, 10]],
  },
  {
    title: 'preflights of nobody',
    line: 10,
    with: crossOrigin('preflight: pass'),
    expect: [['routes[0].crossOrigin.preflight', /without origins/, 10]],
  },
  {
    title: 'preflights on a public route',
    line: 10,
    with: crossOrigin("origins: ['*'], preflight: pass", ', auth: public'),
    expect: [['routes[0].crossOrigin.preflight', /auth: public/, 10]],
  },
  {
    title: 'preflights where OPTIONS does not match',
    line: 10,
    with: crossOrigin("origins: ['*'], preflight: pass", ', match: { methods: [POST] }'),
    expect: [['routes[0].crossOrigin.preflight', /lacks OPTIONS/, 10]],
  },
  {
    title: 'forms kept where nobody has to sign in',
    line: 10,
    with: [
      route("match: { path: '/a' }, auth: public, keepForms: true"),
      route("match: { path: '/b' }, auth: optional, keepForms: true"),
      route('keepForms: true'),
    ].join('\n'),
    expect: [
      ['routes[0].keepForms', /auth: public/, 10],
      ['routes[1].keepForms', /auth: optional/, 11],
    ],
  },
])

t.test('forms kept by a cookie that other hosts can set', async (t) => {
  const yaml = fullExample
    .replace('domain: null', 'domain: example.com')
    .replace('require:', 'keepForms: true\n    require:')
  const [problem, ...others] = problemsOf(yaml, {}, fullExampleFiles)
  t.match(problem, { path: 'routes[1].keepForms', message: /session\.cookie\.domain/ })
  t.same(others, [])
})
