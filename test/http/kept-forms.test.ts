import cookie from '@fastify/cookie'
import fastify from 'fastify'
import t, { type Test } from 'tap'
import { createCookieWriter } from '../../src/http/cookie-writer.js'
import { createCookieNames } from '../../src/http/cookies.js'
import { createKeptForms, type FormOwner, formIdIn } from '../../src/http/kept-forms.js'
import { createKeyRing, createSessionKey } from '../../src/session/key-ring.js'
import { createMemoryForms } from '../../src/session/memory-forms.js'

const urlencoded = 'application/x-www-form-urlencoded'
const alice = { issuer: 'https://idp.example.com', sub: 'alice' }
const bob = { ...alice, sub: 'bob' }

/** Keeps what is posted, and takes it out again. */
async function start(t: Test, person?: FormOwner) {
  let now = Date.UTC(2026, 0, 1)
  const names = createCookieNames({ publicUrl: 'https://app.example.com', domain: null })
  const writer = createCookieWriter({
    names,
    domain: null,
    sameSite: 'lax',
    lifetimeMs: 3_600_000,
    formPost: false,
    onOversized: () => t.fail('no cookie is too large'),
  })
  const stored: Buffer[] = []
  const store = createMemoryForms(() => now)
  const forms = createKeptForms({
    keyRing: createKeyRing([createSessionKey()]),
    names,
    writer,
    store: {
      ...store,
      keep(key, sealed, expiresAt) {
        stored.push(sealed)
        return store.keep(key, sealed, expiresAt)
      },
    },
  })
  const app = fastify()
  t.teardown(() => app.close())
  await app.register(cookie)
  app.addHook('onRequest', async (request, reply) => {
    if (request.method !== 'POST') return undefined
    const id = await forms.keep(request, reply, { target: '/save?x=1', person, now })
    return reply.send({ id })
  })
  app.post('/', () => undefined)
  app.get<{ Querystring: { id: string; sub: string } }>('/', async (request, reply) => {
    const { id, sub } = request.query
    return reply.send({ form: await forms.take(request, reply, id, { ...alice, sub }) })
  })

  async function keep(payload: string, contentType = urlencoded) {
    const headers = { 'content-type': contentType }
    const answer = await app.inject({ method: 'POST', url: '/', headers, payload })
    const line = String(answer.headers['set-cookie'] ?? '')
    return { id: String(answer.json().id ?? ''), line, cookie: line.split(';', 1)[0] ?? '' }
  }
  async function take(id: string, sent: string, { sub } = alice) {
    const query = new URLSearchParams({ id, sub }).toString()
    const answer = await app.inject({ url: `/?${query}`, headers: { cookie: sent } })
    return answer.json().form
  }
  return {
    keep,
    take,
    stored,
    pass(ms: number) {
      now += ms
    },
  }
}

t.test('ING-8 a form is kept sealed, for the browser that holds its secret, once', async (t) => {
  const { keep, take, stored } = await start(t)
  const { id, line, cookie: sent } = await keep('text=top+secret&text=%C3%A4%0D%0Ab&empty=')
  t.equal(formIdIn(new URLSearchParams({ form: id })), id)
  t.match(line, /^__Host-valetkey-form-.*; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
  t.notMatch(Buffer.concat(stored).toString('latin1'), /secret|save|text/)
  t.equal(await take(id, ''), undefined, 'another browser')
  t.match(await take(id, sent), {
    target: '/save?x=1',
    encoding: urlencoded,
    fields: [
      ['text', 'top secret'],
      ['text', 'ä\r\nb'],
      ['empty', ''],
    ],
  })
  t.equal(await take(id, sent), undefined, 'taken before')
})

t.test('ING-8 a form is kept for ten minutes', async (t) => {
  const { keep, take, pass } = await start(t)
  const { id, cookie: sent } = await keep('a=1')
  pass(600_000)
  t.equal(await take(id, sent), undefined)
})

t.test('ING-8 a form of a known person is nobody else’s', async (t) => {
  const { keep, take } = await start(t, alice)
  const one = await keep('a=1')
  t.equal(await take(one.id, one.cookie, bob), undefined)
  t.equal(await take(one.id, one.cookie, alice), undefined, 'and is gone')
  const other = await keep('a=1')
  t.ok(await take(other.id, other.cookie, alice))
})

t.test('ING-8 multipart forms are kept, but for files', async (t) => {
  const { keep, take } = await start(t)
  const boundary = '----WebKitFormBoundary0123456789abcdef'
  const multipart = (...parts: string[]) =>
    [
      ...parts.map((part) => `--${boundary}\r\nContent-Disposition: form-data; ${part}\r\n`),
      `--${boundary}--\r\n`,
    ].join('')
  const type = `multipart/form-data; boundary=${boundary}`
  const { id, cookie: sent } = await keep(
    multipart(
      'name="a"\r\n\r\nä\r\nb',
      'name="none"; filename=""\r\nContent-Type: application/octet-stream\r\n\r\n',
    ),
    type,
  )
  t.match(await take(id, sent), {
    encoding: 'multipart/form-data',
    fields: [
      ['a', 'ä\r\nb'],
      ['none', null],
    ],
  })
  const file = 'name="f"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhello'
  t.equal((await keep(multipart(file), type)).id, '')
  t.equal((await keep('nonsense', type)).id, '')
})

t.test('ING-8 what is too large, or cannot be sent again as it was, is not kept', async (t) => {
  const { keep } = await start(t)
  t.ok((await keep(`a=${'x'.repeat(64 * 1024 - 2)}`)).id)
  t.notOk((await keep(`a=${'x'.repeat(64 * 1024 - 1)}`)).id)
  t.notOk((await keep('a=%E9')).id, 'Latin-1')
  t.notOk((await keep('a=%00')).id, 'a control character')
  t.notOk((await keep('a&'.repeat(1001))).id, 'very many fields')
  t.notOk((await keep('a=1', 'text/plain')).id)
  t.notOk((await keep('{}', 'application/json')).id)
})

t.test('ING-8 all kept forms together are bounded, and room comes back with time', async (t) => {
  const { keep, pass, stored } = await start(t)
  const large = `a=${'x'.repeat(64 * 1024 - 2)}`
  let count = 0
  while ((await keep(large)).id !== '') count++
  t.equal(count, 255)
  t.ok(Buffer.concat(stored).length <= 16 * 1024 * 1024)
  pass(600_000)
  t.ok((await keep(large)).id)
})
