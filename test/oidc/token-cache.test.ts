import t from 'tap'
import { createTokenCache } from '../../src/oidc/token-cache.js'

const lasting = (bytes: number) => ({ goodUntil: 1000, bytes })

t.test('what is no longer good is forgotten', async (t) => {
  const cache = createTokenCache<string>(100)
  cache.set('a', 'one', lasting(10))
  t.equal(cache.get('a', 999), 'one')
  t.equal(cache.get('a', 1000), undefined)
  t.equal(cache.get('a', 0), undefined, 'for good')
})

t.test('beyond its bytes the oldest is dropped that was not used', async (t) => {
  const cache = createTokenCache<string>(100)
  for (const key of ['a', 'b']) cache.set(key, key, lasting(50))
  cache.get('a', 0)
  cache.set('c', 'c', lasting(50))
  t.same(
    ['a', 'b', 'c'].map((key) => cache.get(key, 0)),
    ['a', undefined, 'c'],
  )
  cache.set('huge', 'huge', lasting(101))
  t.same(
    ['a', 'c', 'huge'].map((key) => cache.get(key, 0)),
    ['a', 'c', undefined],
    'for what it could never hold it drops nothing',
  )
})

t.test('when all were used the oldest is dropped', async (t) => {
  const cache = createTokenCache<string>(100)
  for (const key of ['a', 'b']) cache.set(key, key, lasting(50))
  for (const key of ['b', 'a']) cache.get(key, 0)
  cache.set('c', 'c', lasting(50))
  t.same(
    ['a', 'b', 'c'].map((key) => cache.get(key, 0)),
    [undefined, 'b', 'c'],
  )
})

t.test('the same key set anew counts once', async (t) => {
  const cache = createTokenCache<string>(100)
  cache.set('b', 'b', lasting(40))
  for (let count = 0; count < 5; count++) cache.set('a', `${count}`, lasting(60))
  t.equal(cache.get('a', 0), '4')
  t.equal(cache.get('b', 0), 'b')
})
