import t from 'tap'
import { identityHeaderNames } from '../../src/identity/identity-headers.js'
import {
  accessTokenHeaderName,
  assertionHeaderName,
  isMethodOverrideHeader,
  isReservedHeader,
} from '../../src/identity/reserved-headers.js'

const names = [
  ...Object.values(identityHeaderNames),
  accessTokenHeaderName,
  assertionHeaderName,
  'X-Valetkey-Answer',
  'X-Auth-Request-User',
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Forwarded-Uri',
  'X-Forwarded-Method',
  'X-Forwarded-Prefix',
  'Forwarded',
  'X-Real-IP',
  'X-Original-URL',
  'X-Original-Method',
  'X-Original-Host',
  'X-Original-URI',
  'X-Envoy-Original-Path',
  'X-Envoy-Original-Method',
  'X-Rewrite-URL',
  'Client-IP',
  'True-Client-IP',
  'CF-Connecting-IP',
  'Fastly-Client-IP',
  'X-Client-IP',
  'X-Cluster-Client-IP',
  'GAP-Auth',
  'GAP-Signature',
]

t.test(
  'SMU-13 every spelling that some upstream takes for a reserved name is reserved',
  async (t) => {
    for (const name of names) {
      const spellings = [
        name,
        name.toLowerCase(),
        name.toUpperCase(),
        name.replaceAll('-', '_'),
        name.replace('-', '_'),
        name.toUpperCase().replaceAll('-', '_'),
        name.replaceAll('-', '.'),
        name.replaceAll('-', '!'),
      ]
      for (const spelling of spellings) t.ok(isReservedHeader(spelling), spelling)
    }
  },
)

t.test('all others pass', async (t) => {
  for (const name of [
    '',
    'X',
    'X-',
    'XForwarded-User',
    'X-Forwarde',
    'Forwarder',
    'From',
    'Accept',
    'Cookie',
    'X-Requested-With',
    'X-Request-Id',
    'X-User',
    'X-Csrf-Token',
    'X-Originally',
    'GAP',
    'Gap-X',

    'Authorization',
    'Host',
    'User-Agent',
    'Xforwarded',
    'X-Envoy-Attempt-Count',
    'Connection',
    'Content-Type',
    'Content-Length',
    'CF-Ray',
    'Trace-Id',
    'TE',
    'X-Api-Key',
    'X-Auth-Token',
    'Fforwarded',
  ]) {
    t.notOk(isReservedHeader(name), name)
  }
})

t.test('SMU-13 every spelling of a header that replaces the method is known', async (t) => {
  for (const name of ['X-HTTP-Method', 'x_http_method_override', 'X.Method-Override']) {
    t.ok(isMethodOverrideHeader(name), name)
  }
  for (const name of ['X-HTTP-Methods', 'Method', 'X-Method']) {
    t.notOk(isMethodOverrideHeader(name), name)
  }
})
