import t from 'tap'
import { runPlan, type Module } from './plan.js'

t.setTimeout(120_000)

const minute = 60_000
let aheadMs = 0
const clock = () => Date.now() + aheadMs

/** Bends what follows the login, and lets the access token of a minute expire. */
const atRefresh = (
  bend: Module['bend'],
  judge: NonNullable<Module['check']>,
): Pick<Module, 'check'> => ({
  async check(t, run) {
    bend?.(run.provider)
    aheadMs += 1.5 * minute
    await judge(t, run)
    t.equal(run.provider.calls.filter(({ form }) => form.has('refresh_token')).length, 1)
  },
})

const isSignedOut: NonNullable<Module['check']> = async (t, { product, client }) => {
  const before = product.upstream.requests.length
  t.equal((await product.visit(client, '/')).answer, 'LOGIN_REQUIRED')
  t.equal(product.upstream.requests.length, before, 'nothing reached the application')
}

const modules: readonly Module[] = [
  {
    name: 'oidcc-client-test-refresh-token',
    ...atRefresh(undefined, async (t, { product, provider, client }) => {
      t.equal((await product.visit(client, '/')).status, 200)
      const bearers = provider.calls.filter(({ path }) => path === '/userinfo')
      t.equal(bearers.length, 2)
      t.not(bearers[0]?.authorization, bearers[1]?.authorization, 'with the new access token')
    }),
  },
  {
    name: 'oidcc-client-test-refresh-token-invalid-issuer',
    ...atRefresh((provider) => {
      provider.claims = { iss: 'https://other.example.com' }
    }, isSignedOut),
  },
  {
    name: 'oidcc-client-test-refresh-token-invalid-sub',
    ...atRefresh((provider) => {
      provider.claims = { sub: 'mallory' }
    }, isSignedOut),
  },
]

const further: readonly Module[] = [
  {
    name: 'BCP-8 tokens are had for a code and for a refresh token, never for a password',
    ...atRefresh(undefined, async (t, { product, provider, client }) => {
      await product.visit(client, '/')
      const calls = provider.calls.filter(({ path }) => path === '/token')
      t.same(
        calls.map(({ form }) => [form.get('grant_type'), form.has('password')]),
        [
          ['authorization_code', false],
          ['refresh_token', false],
        ],
      )
    }),
  },
  {
    name: 'B16-29 whoever looks at the session refreshes nothing, however due it is',
    ...atRefresh(undefined, async (t, { product, provider, client }) => {
      t.match(await product.visit(client, '/oauth2/session'), { status: 200, answer: 'SESSION' })
      t.equal(provider.callsTo('/token'), 1)
      t.equal((await product.visit(client, '/')).status, 200, 'a request for the application does')
    }),
  },
]

t.test('oidcc-client-refreshtoken-test-plan', (t) =>
  runPlan(t, modules, { userinfo: 'always' }, { clock }),
)

t.test('what else is true of a refresh', (t) => {
  aheadMs = 0
  return runPlan(t, further, { userinfo: 'always' }, { clock })
})
