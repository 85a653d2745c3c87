import t from 'tap'
import type { ProviderConfig } from '../../src/config/schema.js'
import { forgeToken, signingKey } from '../helpers/hostile-provider.js'
import { setUpHostile } from './hostile-login.js'

const always = { userinfo: 'always' } as const

t.test('CORE-17 merges userinfo, but the ID token alone speaks of the sign-in', async (t) => {
  const { provider, logIn } = await setUpHostile(t, always)
  provider.claims = { name: 'Old', acr: 'pwd', sid: 'session-1' }
  provider.userinfo = {
    sub: 'alice',
    name: 'New',
    groups: ['staff'],
    iss: 'https://attacker.example.com',
    aud: 'other',
    acr: 'mfa',
    sid: 'session-2',
    auth_time: 1,
    nonce: 'x',
  }
  const { identity } = await logIn()
  t.match(identity, { issuer: provider.issuer, sid: 'session-1' })
  t.equal(identity.authenticatedAt, undefined)
  t.match(identity.claims, {
    iss: provider.issuer,
    aud: 'app',
    sub: 'alice',
    name: 'New',
    groups: ['staff'],
    acr: 'pwd',
    sid: 'session-1',
  })
  t.not(identity.claims['nonce'], 'x')
})

t.test(
  'CORE-17 a verified address of the ID token does not make that of userinfo one',
  async (t) => {
    const { provider, logIn } = await setUpHostile(t, always)
    provider.claims = { email: 'alice@example.com', email_verified: true }
    const claimsFor = async (userinfo: object) => {
      provider.userinfo = { sub: 'alice', ...userinfo }
      const { email, email_verified: verified } = (await logIn()).identity.claims
      return [email, verified]
    }
    t.same(await claimsFor({ email: 'boss@example.com' }), ['boss@example.com', undefined])
    t.same(await claimsFor({ email: 'alice@example.com' }), ['alice@example.com', true])
    t.same(await claimsFor({ email: 'a@b.example', email_verified: true }), ['a@b.example', true])
    t.same(await claimsFor({ name: 'Alice' }), ['alice@example.com', true])
  },
)

t.test('a verified address does not make one of what stands in for it', async (t) => {
  const claimFallbacks = { email: ['nickname'] }
  const { provider, logIn } = await setUpHostile(t, { claimFallbacks })
  for (const [said, kept] of [
    [true, undefined],
    ['true', undefined],
    [false, false],
    ['no', 'no'],
  ]) {
    provider.claims = { nickname: 'boss@example.com', email_verified: said }
    const { claims } = (await logIn()).identity
    t.equal(claims['email'], 'boss@example.com')
    t.equal(claims['email_verified'], kept)
  }
})

t.test('of which tenant somebody is the ID token alone says', async (t) => {
  const tenants = ['tenant-1', 'tenant-2']
  const settings: Partial<ProviderConfig> = { ...always, tenants }
  const { provider, logIn } = await setUpHostile(t, settings)
  provider.claims = { tid: 'tenant-1' }
  provider.userinfo = { sub: 'alice', tid: 'tenant-2' }
  t.equal((await logIn()).identity.claims['tid'], 'tenant-1')
})

for (const [title, body] of Object.entries({
  'another subject': { sub: 'mallory' },
  'a subject in other letters': { sub: 'Alice' },
})) {
  t.test(`CORE-17 fails the login for ${title}`, async (t) => {
    const { provider, logIn } = await setUpHostile(t, always)
    provider.userinfo = body
    await t.rejects(logIn(), { code: 'ERR_PROVIDER_USERINFO_SUBJECT' })
  })
}

for (const body of [
  '[]',
  '[{"sub":"alice"}]',
  '"alice"',
  'null',
  '{}',
  '{"sub":""}',
  '{"sub":7}',
  '<p>',
  '',
]) {
  t.test(`CORE-17 B16-5 fails the login for the userinfo ${body}`, async (t) => {
    const { provider, logIn } = await setUpHostile(t, always)
    provider.answers.set('/userinfo', { body })
    await t.rejects(logIn(), { code: 'ERR_PROVIDER_USERINFO' })
  })
}

for (const [status, code] of [
  [401, 'ERR_PROVIDER_USERINFO'],
  [302, 'ERR_PROVIDER_USERINFO'],
  [429, 'ERR_PROVIDER_UNAVAILABLE'],
  [503, 'ERR_PROVIDER_UNAVAILABLE'],
] as const) {
  t.test(`CORE-17 fails the login when userinfo answers ${status}`, async (t) => {
    const { provider, logIn } = await setUpHostile(t, always)
    const headers = { 'retry-after': '7', location: `${provider.issuer}/elsewhere` }
    provider.answers.set('/userinfo', { status, headers, body: '{"sub":"alice"}' })
    await t.rejects(logIn(), { code })
    t.equal(provider.callsTo('/elsewhere'), 0)
  })
}

t.test('CORE-17 a userinfo endpoint that cannot be reached fails the login', async (t) => {
  const { provider, logIn } = await setUpHostile(t, always)
  provider.answers.set('/userinfo', 'reset')
  await t.rejects(logIn(), { code: 'ERR_PROVIDER_UNAVAILABLE' })
})

t.test('CORE-17 accepts signed userinfo for this client', async (t) => {
  const { provider, logIn } = await setUpHostile(t, always)
  const answer = (claims: object, key = signingKey.privateKey) => {
    const body = forgeToken({ alg: 'RS256', kid: 'key-1' }, claims, key)
    provider.answers.set('/userinfo', { headers: { 'content-type': 'application/jwt' }, body })
  }
  const right = { iss: provider.issuer, aud: 'app', sub: 'alice', groups: ['staff'] }
  answer(right)
  t.match(await logIn(), { identity: { claims: { groups: ['staff'] } } })
  answer({ ...right, aud: 'other' })
  await t.rejects(logIn(), { code: 'ERR_PROVIDER_USERINFO' })
  answer({ ...right, iss: 'https://attacker.example.com' })
  await t.rejects(logIn(), { code: 'ERR_PROVIDER_USERINFO' })
  answer({ sub: 'alice', groups: ['admins'] })
  await t.rejects(logIn(), { code: 'ERR_PROVIDER_USERINFO' })
  const body = forgeToken({ alg: 'none' }, right, '')
  provider.answers.set('/userinfo', { headers: { 'content-type': 'application/jwt' }, body })
  await t.rejects(logIn())
})

t.test(
  'userinfo is asked only when a needed claim is missing and there is an endpoint',
  async (t) => {
    const { provider, logIn } = await setUpHostile(t, {}, ['groups'])
    provider.claims = { groups: [] }
    await logIn()
    t.equal(provider.callsTo('/userinfo'), 0)
    provider.claims = {}
    await logIn()
    t.equal(provider.callsTo('/userinfo'), 1)
    t.equal(
      provider.calls.find(({ path }) => path === '/userinfo')?.authorization?.startsWith('Bearer '),
      true,
    )
    const without = await setUpHostile(t, always, ['groups'])
    delete without.provider.metadata['userinfo_endpoint']
    t.match(await without.logIn(), { identity: { sub: 'alice' } })
  },
)
