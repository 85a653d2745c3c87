import cookie from '@fastify/cookie'
import fastify from 'fastify'
import t, { type Test } from 'tap'
import { createCookieWriter, type CookieWriterOptions } from '../../src/http/cookie-writer.js'
import { createCookieNames } from '../../src/http/cookies.js'

interface Setup extends Partial<CookieWriterOptions> {
  publicUrl?: string
}

/** Sets and clears each cookie once, and gives back the Set-Cookie headers. */
async function setCookies(t: Test, setup: Setup, loginValue = 'sealed'): Promise<string[]> {
  const domain = setup.domain ?? null
  const names = createCookieNames({
    publicUrl: setup.publicUrl ?? 'https://app.example.com',
    domain,
  })
  const writer = createCookieWriter({
    names,
    sameSite: 'lax',
    lifetimeMs: 24 * 3_600_000,
    formPost: false,
    onOversized: () => t.fail('no cookie is too large'),
    ...setup,
    domain,
  })
  const app = fastify()
  t.teardown(() => app.close())
  await app.register(cookie)
  app.get('/set', (_request, reply) => {
    writer.setTicket(reply, '1.id.secret')
    writer.setLogin(reply, names.login('state'), loginValue)
    return reply.send()
  })
  app.get('/clear', (_request, reply) => {
    writer.clearTicket(reply)
    writer.clearLogin(reply, names.login('state'))
    return reply.send()
  })
  const lines: string[] = []
  for (const url of ['/set', '/clear']) {
    lines.push(...[(await app.inject(url)).headers['set-cookie'] ?? []].flat())
  }
  return lines
}

t.test('CK-4 cookies are Secure, HttpOnly, Path=/ and of this host', async (t) => {
  t.same(await setCookies(t, {}), [
    '__Host-valetkey=1.id.secret; Max-Age=86400; Path=/; HttpOnly; Secure; SameSite=Lax',
    '__Host-valetkey-login-state=sealed; Max-Age=600; Path=/; HttpOnly; Secure; SameSite=Lax',
    '__Host-valetkey=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax',
    '__Host-valetkey-login-state=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax',
  ])
})

t.test('CK-9 clearing repeats the attributes, domain included', async (t) => {
  const [, , clearTicket, clearLogin] = await setCookies(t, {
    domain: 'example.com',
    sameSite: 'strict',
  })
  t.equal(
    clearTicket,
    '__Secure-valetkey=; Max-Age=0; Domain=example.com; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Strict',
  )
  t.match(clearLogin, /^__Secure-valetkey-login-state=; .*Domain=example\.com.*SameSite=Lax$/)
})

t.test('CK-9 no cookie lives longer than 400 days', async (t) => {
  const [ticket] = await setCookies(t, { lifetimeMs: 5 * 365 * 24 * 3_600_000 })
  t.match(ticket, /Max-Age=34560000;/)
})

t.test(
  'CK-5 only the login cookie is SameSite=None where a provider answers by form_post',
  async (t) => {
    const [ticket, login] = await setCookies(t, { formPost: true })
    t.match(ticket, /SameSite=Lax/)
    t.match(login, /Secure; SameSite=None/)
  },
)

t.test('CK-5 a user agent keeps SameSite=None with Secure only, on loopback, too', async (t) => {
  const [ticket, login] = await setCookies(t, {
    publicUrl: 'http://localhost:4180',
    formPost: true,
  })
  t.equal(ticket, 'valetkey=1.id.secret; Max-Age=86400; Path=/; HttpOnly; SameSite=Lax')
  t.match(login, /Secure; SameSite=None/)
})

t.test('CK-1 what no user agent would keep is not sent, and is reported', async (t) => {
  const reported: [string, number][] = []
  const nameLength = '__Host-valetkey-login-state'.length
  const setup: Setup = { onOversized: (name, octets) => reported.push([name, octets]) }
  const tooLarge = await setCookies(t, setup, 'x'.repeat(4097 - nameLength))
  t.equal(tooLarge.length, 3)
  t.same(reported, [['__Host-valetkey-login-state', 4097]])
  const justRight = await setCookies(t, setup, 'x'.repeat(4096 - nameLength))
  t.equal(justRight.length, 4)
})
