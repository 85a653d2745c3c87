/** Tells whether a cookie is one that Valetkey sets, by its name. */
export type IsOwnCookie = (name: string) => boolean

/**
 * A Cookie value without Valetkey's own cookies; every other byte stays as it was.
 *
 * @returns undefined when nothing remains
 */
export const withoutOwnCookies = (cookie: string, isOwnCookie: IsOwnCookie): string | undefined => {
  if (!cookie.includes(';')) return isOwnCookie(nameOf(cookie)) ? undefined : cookie
  const pairs = cookie.split(';')
  const others = pairs.filter((pair) => !isOwnCookie(nameOf(pair)))
  if (others.length === pairs.length) return cookie
  const rest = others.join(';')
  return rest.trim() === '' ? undefined : rest.replace(/^[ \t]+/, '')
}

/**
 * Whether a Set-Cookie value would put something in the place of one of Valetkey's cookies. Browsers send a cookie
 * without a name as its bare value, so `=name=value` counts as well.
 */
export const setsOwnCookie = (setCookie: string, isOwnCookie: IsOwnCookie): boolean =>
  isOwnCookie(nameOf((setCookie.split(';', 1)[0] ?? '').replace(/^[\s=]+/, '')))

const nameOf = (pair: string): string => {
  const end = pair.indexOf('=')
  return (end === -1 ? pair : pair.slice(0, end)).trim()
}
