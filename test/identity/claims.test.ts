import t from 'tap'
import {
  claimMatches,
  claimValues,
  emailOf,
  groupsOf,
  isEmailVerified,
  readClaim,
  readText,
} from '../../src/identity/claims.js'
import { identityOf } from '../access/fixtures.js'

t.test('X3 a name is literal, a path nests', async (t) => {
  const claims = {
    'https://example.com/roles': ['a'],
    'realm_access.roles': ['literal'],
    realm_access: { roles: ['nested'] },
    list: [{ roles: ['x'] }],
  }
  t.same(readClaim(claims, 'https://example.com/roles'), ['a'])
  t.same(readClaim(claims, 'realm_access.roles'), ['literal'])
  t.same(readClaim(claims, ['realm_access', 'roles']), ['nested'])
  t.equal(readClaim(claims, ['realm_access', 'roles', 'deeper']), undefined)
  t.equal(readClaim(claims, ['list', '0']), undefined, 'a list has no members')
  t.equal(readClaim(claims, 'absent'), undefined)
})

t.test('nothing inherited is a claim', async (t) => {
  const own = JSON.parse('{"__proto__":"own","constructor":{"name":"own"}}')
  t.equal(readClaim(own, '__proto__'), 'own')
  t.equal(readClaim(own, ['constructor', 'name']), 'own')
  for (const path of [
    '__proto__',
    'constructor',
    'toString',
    ['constructor', 'name'],
    ['a', 'length'],
  ]) {
    t.equal(readClaim({ a: 'text' }, path), undefined, String(path))
  }
})

t.test('text is text and nothing else', async (t) => {
  t.equal(readText({ email: 'a' }, 'email'), 'a')
  for (const value of ['', 1, true, null, ['a'], { name: 'a' }, undefined]) {
    t.equal(readText({ email: value }, 'email'), undefined, JSON.stringify(value))
  }
})

t.test('X2 values in every form that providers send', async (t) => {
  const cases: [value: unknown, values: string[]][] = [
    ['a', ['a']],
    ['a, b,,c ', ['a', 'b', 'c']],
    ['["a","b,c"]', ['a', 'b,c']],
    ['["a"', ['["a"']],
    [
      ['a', 'b,c', '', 1, true, null],
      ['a', 'b,c', '1', 'true'],
    ],
    [
      [{ name: 'a' }, { value: 'b' }, { id: 'c' }, { name: 1 }, ['d']],
      ['a', 'b'],
    ],
    [{ admin: { org: 'x' }, user: true, guest: false, none: null }, ['admin', 'user']],
    [true, ['true']],
    [7, ['7']],
    [Number.POSITIVE_INFINITY, []],
    [null, []],
    [undefined, []],
    ['', []],
  ]
  for (const [value, values] of cases) t.same(claimValues(value), values, JSON.stringify(value))
})

t.test('a claim that people fill in themselves is compared as a whole', async (t) => {
  const admin = new Set(['admin'])
  t.ok(claimMatches('roles', 'user,admin', admin))
  t.notOk(claimMatches('nickname', 'user,admin', admin))
  t.notOk(claimMatches('nickname', '["admin"]', admin))
  t.ok(claimMatches('nickname', 'admin', admin))
})

t.test('groups come once each, in order', async (t) => {
  t.same(groupsOf(identityOf({ groups: ['b', 'a', 'b'] }), 'groups'), ['b', 'a'])
  t.same(groupsOf(identityOf({ a: { b: 'x,y' } }), ['a', 'b']), ['x', 'y'])
  t.same(groupsOf(identityOf({}), 'groups'), [])
})

t.test('CORE-25 an address that is known to be unverified is told to nobody', async (t) => {
  const email = 'a@example.com'
  t.equal(emailOf(identityOf({ email })), email)
  t.equal(emailOf(identityOf({ email, email_verified: 'true' })), email)
  t.equal(emailOf(identityOf({ email, email_verified: false })), undefined)
  t.equal(emailOf(identityOf({ email, email_verified: 'false' })), undefined)
  t.notOk(isEmailVerified({ email }), 'but it counts in rules only when known to be verified')
})
