import t from 'tap'
import { setsOwnCookie, withoutOwnCookies } from '../../src/proxy/own-cookies.js'

const isOwn = (name: string): boolean => name === 'valetkey' || name.startsWith('valetkey-login-')

t.test('CK-8 takes its own cookies out and leaves every other byte', async (t) => {
  const cases: [string, string | undefined][] = [
    ['a=1', 'a=1'],
    ['a=1; b=2', 'a=1; b=2'],
    [' a=1;;b = 2 ;', ' a=1;;b = 2 ;'],
    ['valetkey=x', undefined],
    ['valetkey=x; valetkey-login-ab=y', undefined],
    ['valetkey=x; a=1', 'a=1'],
    ['a=1; valetkey=x', 'a=1'],
    ['a=1; valetkey=x; b=2', 'a=1; b=2'],
    ['a=1;valetkey=x;b=%3B\xe9', 'a=1;b=%3B\xe9'],
    ['a=1; valetkey =x; valetkey= y', 'a=1'],
    ['a=1; valetkey', 'a=1'],
    ['a=valetkey; Valetkey=1; valetkey2=3', 'a=valetkey; Valetkey=1; valetkey2=3'],
    ['', ''],
  ]
  for (const [cookie, expected] of cases)
    t.equal(withoutOwnCookies(cookie, isOwn), expected, cookie)
})

t.test('CK-8 sees when somebody else sets one of its cookies', async (t) => {
  for (const setCookie of [
    'valetkey=x',
    ' valetkey = x; Path=/',
    'valetkey=',
    'valetkey-login-ab=1',
    '=valetkey=x',
    'valetkey',
  ]) {
    t.ok(setsOwnCookie(setCookie, isOwn), setCookie)
  }
  for (const setCookie of ['a=valetkey', 'valetkey2=x', 'a=1; valetkey=2', '', '=']) {
    t.notOk(setsOwnCookie(setCookie, isOwn), setCookie)
  }
})
