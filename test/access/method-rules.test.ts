import t from 'tap'
import { methodsMatter } from '../../src/access/method-rules.js'
import type { RuleConfig } from '../../src/access/rules.js'
import { routeConfig } from './fixtures.js'

t.test('methods matter where a route or any rule within its rules names some', async (t) => {
  const methods = ['GET']
  const plain = routeConfig({ path: '/' })
  const requiring = (require: RuleConfig) => [plain, routeConfig({ path: '/a' }, { require })]
  t.notOk(methodsMatter([plain]))
  t.notOk(methodsMatter(requiring({ any: [{ groups: ['a'] }], not: { groups: ['b'] } })))
  t.ok(methodsMatter([plain, routeConfig({ path: '/a', methods })]))
  t.ok(methodsMatter(requiring({ methods })))
  t.ok(methodsMatter(requiring({ any: [{ groups: ['a'] }, { all: [{ methods }] }] })))
  t.ok(methodsMatter(requiring({ not: { methods } })))
  const crossOrigin = { origins: ['https://spa.example'], preflight: 'pass' as const }
  t.ok(methodsMatter([plain, routeConfig({ path: '/a' }, { crossOrigin })]), 'OPTIONS is let in')
})
