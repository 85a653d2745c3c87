import * as fc from 'fast-check'
import t from 'tap'
import { readReturnTo, type ReturnToOptions } from '../../src/access/return-to.js'
import { readCorpus } from './corpus.js'

const publicUrl = 'https://app.example.com'
const options = {
  publicUrl,
  hosts: ['docs.example.com', 'files.example.com:8443', '*.apps.example.com'],
  basePath: '/oauth2',
}

const parseReturnTo = (value: string | undefined, to: ReturnToOptions) =>
  readReturnTo(value, to).returnTo

/** Whether a browser that is sent there, from a page of the public host, arrives where it may. */
const landsWell = (returnTo: string) => {
  const { origin, username, password } = new URL(returnTo, `${publicUrl}/oauth2/callback`)
  const isAllowed =
    origin === publicUrl ||
    origin === 'https://docs.example.com' ||
    origin === 'https://files.example.com:8443' ||
    /^https:\/\/([a-z0-9-]+\.)+apps\.example\.com$/.test(origin)
  return isAllowed && username === '' && password === ''
}

t.test('RPL-5 BCP-1 every line of return-to.txt goes where it may or is refused', async (t) => {
  const lines = await readCorpus('return-to.txt')
  t.ok(lines.length >= 300, `${lines.length} lines`)
  for (const { title, expected, value } of lines) {
    const returnTo = parseReturnTo(value, options)
    if (expected === 'accepted') t.type(returnTo, 'string', title)
    else t.equal(returnTo ?? 'refused', expected, title)
    if (returnTo !== undefined) t.ok(landsWell(returnTo), `${title} lands well`)
  }
})

t.test('RPL-5 whatever is accepted, a browser lands on an allowed origin', async (t) => {
  const piece = fc.constantFrom(
    '/',
    '/',
    '//',
    '\\',
    '.',
    '..',
    '@',
    ':',
    '?',
    '#',
    '%2f',
    '%5c',
    '%2e',
    '%09',
    '%252f',
    'https:',
    'http:',
    'https://',
    'javascript:',
    '\t',
    '\n',
    ' ',
    '\u3000',
    '／',
    '。',
    '%00',
    'app.example.com',
    'docs.example.com',
    'evil.example',
    '.apps.example.com',
    'x',
    ':443',
    'files.example.com:8443',
    ';',
    '&',
    '[',
    ']',
    'oauth2',
    '\ud800',
    'é',
    '\u00ad',
    '%zz',
    '%',
  )
  const values = fc.oneof(
    fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
    fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join('')}`),
    fc.array(piece, { maxLength: 6 }).map((pieces) => `https://${pieces.join('')}`),
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.string({ unit: 'binary' }),
  )
  let accepted = 0
  fc.assert(
    fc.property(values, (value) => {
      const returnTo = parseReturnTo(value, options)
      if (returnTo === undefined) return true
      accepted++
      const again = parseReturnTo(returnTo, options)
      return landsWell(returnTo) && again === returnTo && /^[!-~]+$/.test(returnTo)
    }),
    { numRuns: 10_000 },
  )
  t.ok(accepted > 200, `${accepted} values accepted`)
})

t.test('RPL-5 without hosts only the public host counts', async (t) => {
  const alone = { publicUrl: 'http://localhost:4180', hosts: [], basePath: '/oauth2' }
  t.equal(parseReturnTo('http://localhost:4180/a', alone), '/a')
  t.equal(parseReturnTo('http://localhost/a', alone), undefined)
  t.equal(parseReturnTo('https://localhost:4180/a', alone), undefined)
  t.equal(parseReturnTo(undefined, alone), undefined)
})

const read = (value: string) => readReturnTo(value, options)
const cut = (returnTo: string | undefined) => ({ returnTo, isCut: true })

t.test('what is too long goes without its fragment, then its query, and says so', async (t) => {
  const long = 'x'.repeat(3000)
  t.same(read('/a?b#c'), { returnTo: '/a?b#c', isCut: false })
  t.same(read(`/a?b#${long}`), cut('/a?b'))
  t.same(read(`/a?${long}#c`), cut('/a'))
  t.same(read(`https://docs.example.com/a?${long}`), cut('https://docs.example.com/a'))
  t.same(read(`https://app.example.com/ä?${long}`), cut('/%C3%A4'))
  t.same(read(`/${long}`), cut(undefined))
  const nowhere = { returnTo: undefined, isCut: false }
  for (const value of [
    `https://evil.example/?${long}`,
    `/oauth2/sign_out?${long}`,
    `//e?${long}`,
  ]) {
    t.same(read(value), nowhere)
  }
})
