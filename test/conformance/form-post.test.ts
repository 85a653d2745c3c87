import t from 'tap'
import { startHostileProvider } from '../helpers/hostile-provider.js'
import { createJarFetch } from '../helpers/jar-fetch.js'
import { basicModules } from './basic-modules.js'
import { runPlan } from './plan.js'
import { startProduct } from './product.js'

t.setTimeout(120_000)

const settings = { responseMode: 'form_post' }

t.test('oidcc-client-formpost-basic-certification-test-plan', (t) =>
  runPlan(t, basicModules, { userinfo: 'always', ...settings }),
)

t.test('oidcc-client-test-form-post-error', async (t) => {
  const provider = await startHostileProvider()
  t.teardown(() => provider.stop())
  const trusted = { id: 'corp', provider, settings: { ...settings, maxAge: '0s' } }
  const product = await startProduct(t, [trusted])
  const client = createJarFetch()
  const begun = await product.begin(client, trusted)
  const asked = new URL(begun.authorization ?? '').searchParams
  t.equal(asked.get('max_age'), '0')
  const error = { error: 'login_required', state: asked.get('state') ?? '' }
  const seen = await product.finish(client, begun, new URLSearchParams(error), 'form_post')
  t.match(seen, { answer: /^ERR_CALLBACK/, code: 'ERR_CALLBACK_INTERACTION', location: undefined })
  t.equal(provider.callsTo('/token'), 0)
})
