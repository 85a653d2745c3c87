import * as fc from 'fast-check'
import t from 'tap'
import { basicAuthorization } from '../../src/identity/basic-authorization.js'
import { claimHeaders } from '../../src/identity/claim-headers.js'
import {
  assertionNameFor,
  type HeaderProfile,
  profileHeaders,
} from '../../src/identity/header-profiles.js'
import { sentHeaderNames } from '../../src/identity/sent-headers.js'
import { identityOf } from '../access/fixtures.js'

const claims = {
  email: 'alice@example.com',
  name: 'Alice Doe',
  preferred_username: 'al',
  groups: ['staff', 'a,b'],
  roles: ['editor'],
}
const options = { groupsClaim: 'groups', userClaim: 'preferred_username' }

const tell = (profile: HeaderProfile, of: Record<string, unknown> = claims, sub = 'alice') =>
  Object.fromEntries(profileHeaders(profile, identityOf(of, { sub }), options))

t.test('each profile has the names and forms of its proxy', async (t) => {
  t.same(tell('oauth2-proxy'), {
    'X-Forwarded-User': 'alice',
    'X-Forwarded-Email': 'alice@example.com',
    'X-Forwarded-Preferred-Username': 'al',
    'X-Forwarded-Groups': 'staff,a%2Cb',
    'X-Auth-Request-User': 'alice',
    'X-Auth-Request-Email': 'alice@example.com',
    'X-Auth-Request-Preferred-Username': 'al',
    'X-Auth-Request-Groups': 'staff,a%2Cb',
    'GAP-Auth': 'alice@example.com',
  })
  t.same(tell('authelia'), {
    'Remote-User': 'al',
    'Remote-Name': 'Alice Doe',
    'Remote-Email': 'alice@example.com',
    'Remote-Groups': 'staff,a%2Cb',
  })
  t.same(tell('pomerium'), {
    'X-Pomerium-Claim-Sub': 'alice',
    'X-Pomerium-Claim-User': 'alice',
    'X-Pomerium-Claim-Name': 'Alice Doe',
    'X-Pomerium-Claim-Email': 'alice@example.com',
    'X-Pomerium-Claim-Groups': 'staff,a%2Cb',
  })
  t.same(tell('iap'), {
    'X-Goog-Authenticated-User-Id': 'accounts.google.com:alice',
    'X-Goog-Authenticated-User-Email': 'accounts.google.com:alice@example.com',
  })
  t.same(tell('remote-user'), { 'Remote-User': 'al' })
  const { 'X-MS-CLIENT-PRINCIPAL': principal = '', ...others } = tell('easy-auth')
  t.same(others, {
    'X-MS-CLIENT-PRINCIPAL-ID': 'alice',
    'X-MS-CLIENT-PRINCIPAL-NAME': 'al',
    'X-MS-CLIENT-PRINCIPAL-IDP': 'corp',
  })
  t.same(JSON.parse(Buffer.from(principal, 'base64').toString()), {
    auth_typ: 'corp',
    claims: [
      { typ: 'sub', val: 'alice' },
      { typ: 'name', val: 'Alice Doe' },
      { typ: 'preferred_username', val: 'al' },
      { typ: 'email', val: 'alice@example.com' },
      { typ: 'groups', val: 'staff' },
      { typ: 'groups', val: 'a,b' },
      { typ: 'roles', val: 'editor' },
    ],
    name_typ: 'name',
    role_typ: 'roles',
  })
})

t.test('who lacks a claim gets no header of it, and never the value of another', async (t) => {
  t.same(tell('authelia', {}), {})
  t.same(tell('remote-user', { email: 'alice@example.com' }), {})
  t.same(tell('iap', {}), { 'X-Goog-Authenticated-User-Id': 'accounts.google.com:alice' })
  t.equal(tell('oauth2-proxy', {})['GAP-Auth'], 'alice')
  const unverified = { ...claims, email_verified: false }
  for (const profile of ['oauth2-proxy', 'authelia', 'pomerium', 'iap', 'easy-auth'] as const) {
    const values = Object.values(tell(profile, unverified))
    const plain = values.map((value) => Buffer.from(value, 'base64').toString()).concat(values)
    t.notMatch(plain.join(), /alice@example/, `CORE-25 ${profile}`)
  }
})

t.test('SMU-12 no profile lets a claim break a header', async () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(text, text, (sub, name) => {
      const of = { name, preferred_username: name, email: name, groups: [name], roles: [name] }
      const all = (['oauth2-proxy', 'authelia', 'pomerium', 'iap', 'easy-auth'] as const).flatMap(
        (profile) => Object.values(tell(profile, of, sub)),
      )
      const custom = claimHeaders({ 'X-A': 'name', 'X-B': 'groups' }, identityOf(of), options)
      return [...all, ...custom.map(([, value]) => value)].every((value) =>
        /^[!-~\x80-\xff]([ -~\x80-\xff]*[!-~\x80-\xff])?$/.test(value),
      )
    }),
    { numRuns: 500 },
  )
})

t.test('headers for single claims', async (t) => {
  const identity = identityOf({
    ...claims,
    department: 'R&D, Köln',
    teams: ['a', 'b,c'],
    level: 7,
    nested: { deep: 1 },
  })
  const map = {
    'X-Department': 'department',
    'X-Teams': 'teams',
    'X-Level': 'level',
    'X-Groups': 'groups',
    'X-Sub': 'sub',
    'X-Nested': 'nested',
    'X-Absent': 'absent',
    'X-Inherited': 'constructor',
  }
  t.same(claimHeaders(map, identity, options), [
    ['X-Department', Buffer.from('R&D, Köln').toString('latin1')],
    ['X-Teams', 'a,b%2Cc'],
    ['X-Level', '7'],
    ['X-Groups', 'staff,a%2Cb'],
    ['X-Sub', 'alice'],
  ])
  const unverified = identityOf({ email: 'a@example.com', email_verified: false })
  t.same(claimHeaders({ 'X-Mail': 'email' }, unverified, options), [])
})

const basic = (user: unknown, password?: string) => {
  const rest = password === undefined ? {} : { password }
  const identity = identityOf({ preferred_username: user })
  const [header] = basicAuthorization(identity, { userClaim: 'preferred_username', ...rest })
  return header && Buffer.from(header[1].replace('Basic ', ''), 'base64').toString()
}

t.test('Basic credentials have the user of one claim, or are not there', async (t) => {
  t.equal(basic('Zoë', 's3:cret'), 'Zoë:s3:cret')
  t.equal(basic('al'), 'al:')
  for (const none of ['a:b', 'a\nb', '', undefined, ['al']]) t.equal(basic(none), undefined)
})

t.test('BCP-12 every name that any route sends is known', async (t) => {
  const forward = {
    accessToken: 'none',
    host: 'keep',
    clientAuthorization: 'strip',
    userClaim: 'sub',
  } as const
  const names = sentHeaderNames([
    { forward: { ...forward, identityHeaders: 'iap', headers: { 'X-Department': 'department' } } },
    { forward: { ...forward, identityHeaders: false } },
  ])
  for (const name of [
    'X-Forwarded-User',
    'X-Forwarded-Access-Token',
    'X-Valetkey-Assertion',
    'X-Goog-Authenticated-User-Id',
    'X-Goog-IAP-JWT-Assertion',
    'X-Department',
  ]) {
    t.ok(names.includes(name), name)
  }
  t.equal(assertionNameFor('pomerium'), 'X-Pomerium-Jwt-Assertion')
  t.equal(assertionNameFor(true), 'X-Valetkey-Assertion')
})
