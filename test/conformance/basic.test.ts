import t from 'tap'
import { basicModules } from './basic-modules.js'
import { runPlan } from './plan.js'

t.setTimeout(120_000)

t.test('oidcc-client-basic-certification-test-plan', (t) =>
  runPlan(t, basicModules, { userinfo: 'always' }),
)
