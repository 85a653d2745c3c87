import t from 'tap'
import { assertionNameFor, profileHeaderNames } from '../../src/identity/header-profiles.js'
import { identityHeaderNames } from '../../src/identity/identity-headers.js'
import {
  accessTokenHeaderName,
  assertionHeaderName,
  createReservedHeaders,
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
  ...(['oauth2-proxy', 'authelia', 'pomerium', 'iap', 'easy-auth', 'remote-user'] as const).flatMap(
    (profile) => profileHeaderNames(profile).concat(assertionNameFor(profile)),
  ),
  'X-Pomerium-Claim-Anything',
  'X-MS-TOKEN-AAD-ID-TOKEN',
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
    'Referer',
    'Remote',
    'Remotes-User',
    'X-Ms-Client-Request-Id',
    'X-Goog-Api-Key',
  ]) {
    t.notOk(isReservedHeader(name), name)
  }
})

t.test(
  'SMU-13 BCP-12 a name that a route sends is reserved on all, in every spelling',
  async (t) => {
    const isReserved = createReservedHeaders([
      'X-Department',
      'uid',
      'SM_USER',
      'X-Forwarded-Login',
    ])
    for (const name of [
      'x-department',
      'X_Department',
      'X.DEPARTMENT',
      'UID',
      'sm-user',
      'Sm.User',
    ]) {
      t.ok(isReserved(name), name)
      t.notOk(isReservedHeader(name), name)
    }
    t.ok(isReserved('X-Forwarded-User'))
    for (const name of ['X-Departments', 'Uids', 'X-Request-Id']) t.notOk(isReserved(name), name)
    t.equal(createReservedHeaders(['Remote-User']), isReservedHeader)
  },
)

t.test('SMU-13 every spelling of a header that replaces the method is known', async (t) => {
  for (const name of ['X-HTTP-Method', 'x_http_method_override', 'X.Method-Override']) {
    t.ok(isMethodOverrideHeader(name), name)
  }
  for (const name of ['X-HTTP-Methods', 'Method', 'X-Method']) {
    t.notOk(isMethodOverrideHeader(name), name)
  }
})
