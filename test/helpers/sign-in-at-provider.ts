/** Sends one request without following redirects; cookies are the caller's affair (a jar). */
export type FetchLike = (
  url: string,
  init?: { method?: string; headers?: Record<string, string>; body?: string; redirect?: 'manual' },
) => Promise<Pick<Response, 'status' | 'headers' | 'text'>>

/**
 * Goes through the provider's pages as `login`, starting from the authorization request `url`, and
 * returns the URL of the callback to which the provider finally redirects, without requesting it.
 *
 * `fetchLike` must keep the provider's cookies and must not follow redirects. When the provider still
 * knows the person (its own session cookie) no form is shown and `login` is not used.
 */
export async function signInAtProvider(
  fetchLike: FetchLike,
  url: string,
  login: string,
): Promise<string> {
  const { origin } = new URL(url)
  let current = url
  for (let hop = 0; hop < 10; hop++) {
    let response = await fetchLike(current, { redirect: 'manual' })
    if (response.status === 200) {
      const action = /<form [^>]*action="([^"]*)"/.exec(await response.text())?.[1]
      if (action === undefined) throw new Error(`no login form at ${current}`)
      response = await fetchLike(new URL(action, current).href, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ login }).toString(),
      })
    }
    const location = response.headers.get('location')
    if (location === null) {
      throw new Error(`the provider answered ${response.status}: ${await response.text()}`)
    }
    current = new URL(location, current).href
    if (new URL(current).origin !== origin) return current
  }
  throw new Error('the provider redirected more than ten times')
}
