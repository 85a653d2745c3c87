import t from 'tap'
import { createHomeRealms } from '../../src/access/home-realm.js'

const find = createHomeRealms([
  { id: 'corp', emailDomainHints: ['Example.com', 'bücher.example', 'example.com'] },
  { id: 'partner', emailDomainHints: ['partner.example', 'shared.example'] },
  { id: 'other', emailDomainHints: ['shared.example'] },
  { id: 'silent' },
])

t.test('the domain of an address leads to its providers, and nothing else of it counts', (t) => {
  const cases: [email: string, domain: string | undefined, providerIds: string[]][] = [
    ['alice@example.com', 'example.com', ['corp']],
    ['nobody-at-all@EXAMPLE.COM', 'example.com', ['corp']],
    ['alice@xn--bcher-kva.example', 'xn--bcher-kva.example', ['corp']],
    ['alice@bücher.example', 'xn--bcher-kva.example', ['corp']],
    ['a@b@shared.example', 'shared.example', ['partner', 'other']],
    ['alice@sub.example.com', 'sub.example.com', []],
    ['alice@elsewhere.example', 'elsewhere.example', []],
    ['alice@ｅxample.com', undefined, []],
    ['example.com', undefined, []],
    ['@example.com', undefined, []],
    ['a lice@example.com', undefined, []],
    ['', undefined, []],
  ]
  for (const [email, domain, providerIds] of cases) {
    t.same(find?.(email), domain === undefined ? undefined : { domain, providerIds }, email)
  }
  t.end()
})

t.test('where no provider has domains nobody need be asked', (t) => {
  t.equal(createHomeRealms([{ id: 'one' }, { id: 'two' }]), undefined)
  t.end()
})
