import t from 'tap'
import { canonicalDomain, parseEmail } from '../../src/access/email.js'

t.test('addresses are compared without case, domains as ASCII', async (t) => {
  t.same(parseEmail('Alice.B@Example.COM'), {
    address: 'alice.b@example.com',
    domain: 'example.com',
  })
  t.same(parseEmail('müller@BÜCHER.example'), {
    address: 'müller@xn--bcher-kva.example',
    domain: 'xn--bcher-kva.example',
  })
  t.same(parseEmail('\u212a@example.com')?.address, '\u212a@example.com', 'the kelvin sign is no k')
})

t.test('what only looks like a domain is none', async (t) => {
  for (const domain of [
    '',
    '.com/',
    'a b',
    'a%2eb',
    '\uff45xample.com',
    'exa\u00admple.com',
    'example\u3002com',
    'ex\u24d0mple.com',
    'a@b',
    '[::1]',
    'example.com:443',
    '\ud800.com',
  ]) {
    t.equal(canonicalDomain(domain), undefined, encodeURI(domain.replace('\ud800', 'half')))
  }
})
