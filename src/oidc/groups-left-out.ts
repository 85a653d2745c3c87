import type { ProviderConfig } from '../config/schema.js'
import { isJsonObject, type JsonObject } from '../json-object.js'
import type { IssuedToken } from '../session/session.js'
import { OidcError } from './errors.js'
import type { Provider } from './provider.js'
import { parseRetryAfterMs } from './retry-after.js'

/** More than any directory needs for somebody's groups, a thousand a page. */
const maxPages = 50

/**
 * The claims of a person of whom the provider says that they are in more groups than it tells
 * (`_claim_names` of Core §5.6.2, `hasgroups` of Entra ID), with the groups fetched where `groupsOverage`
 * says. What cannot be had is marked as kept elsewhere, so that no rule takes it for no groups at all,
 * and the log says so. The address that a token names itself is never asked, and an access token that is
 * bound to a key is never sent there, since nothing would be left of that.
 *
 * Throws OidcError ERR_PROVIDER_UNAVAILABLE when it may pass.
 */
export async function withGroupsLeftOut(
  { config, http, logger }: Pick<Provider, 'config' | 'http' | 'logger'>,
  claims: JsonObject,
  { accessToken, dpopKey }: IssuedToken,
): Promise<JsonObject> {
  const keptElsewhere = markGroupsLeftOut(config, claims)
  if (keptElsewhere === claims) return claims
  const { sub } = claims
  const { groupsOverage } = config
  if (groupsOverage === undefined) {
    logger.warn(
      { sub },
      'the provider leaves out groups: rules about them let this person in nowhere',
    )
    return keptElsewhere
  }
  try {
    if (dpopKey !== undefined) throw refusal('the access token is bound to a key')
    const groups = await fetchGroups(http, groupsOverage, accessToken)
    const name = nameOf(config)
    const others = Object.entries(elsewhereOf(claims)).filter(([claim]) => claim !== name)
    return { ...claims, _claim_names: Object.fromEntries(others), [name]: groups }
  } catch (error) {
    if (!(error instanceof OidcError) || error.code === 'ERR_PROVIDER_UNAVAILABLE') throw error
    logger.warn(
      { sub, err: error },
      'groups not fetched: rules about them let this person in nowhere',
    )
    return keptElsewhere
  }
}

/** The claims, with the groups marked as kept elsewhere if they are left out; else the very same claims. */
export function markGroupsLeftOut(
  config: Pick<ProviderConfig, 'groupsClaim'>,
  claims: JsonObject,
): JsonObject {
  const name = nameOf(config)
  if (!areLeftOut(claims, name)) return claims
  return { ...claims, _claim_names: { [name]: 'unknown', ...elsewhereOf(claims) } }
}

/** The claim that has the groups, or has them in it. */
const nameOf = ({ groupsClaim }: Pick<ProviderConfig, 'groupsClaim'>): string =>
  (typeof groupsClaim === 'string' ? groupsClaim : groupsClaim[0]) ?? ''

const elsewhereOf = ({ _claim_names: names }: JsonObject): JsonObject =>
  isJsonObject(names) ? names : {}

function areLeftOut(claims: JsonObject, name: string): boolean {
  if (Object.hasOwn(claims, name)) return false
  const { _claim_names: elsewhere, hasgroups } = claims
  if (isJsonObject(elsewhere) && Object.hasOwn(elsewhere, name)) return true
  return hasgroups === true || hasgroups === 'true'
}

/** Reads a list page by page, as Microsoft Graph has it; the next page must be at the same origin. */
async function fetchGroups(
  http: Provider['http'],
  { url: first, member }: NonNullable<ProviderConfig['groupsOverage']>,
  accessToken: string,
): Promise<readonly string[]> {
  const groups: string[] = []
  let url: string | undefined = first
  for (let page = 0; url !== undefined; page++) {
    if (page === maxPages) throw refusal(`there are more than ${maxPages} pages of groups`)
    const { value, '@odata.nextLink': next } = await fetchPage(http, url, accessToken)
    if (!Array.isArray(value)) throw refusal('the answer has no list of groups')
    const items: unknown[] = value
    groups.push(...items.flatMap((item) => groupOf(item, member)))
    url = next === undefined ? undefined : nextPage(next, first)
  }
  return groups
}

async function fetchPage(
  http: Provider['http'],
  url: string,
  accessToken: string,
): Promise<JsonObject> {
  const headers = { accept: 'application/json', authorization: `Bearer ${accessToken}` }
  const response = await http.request(url, { headers })
  const { status } = response
  if (status === 429 || status >= 500) {
    const retryAfterMs = parseRetryAfterMs(response.headers.get('retry-after'), Date.now())
    const message = `the groups were answered with ${status}`
    throw new OidcError('ERR_PROVIDER_UNAVAILABLE', message, { retryAfterMs })
  }
  const document: unknown = await response.json().catch(() => undefined)
  if (status === 200 && isJsonObject(document)) return document
  throw refusal(`the groups were answered with ${status} and no list`)
}

function groupOf(item: unknown, member: string): readonly string[] {
  const group = isJsonObject(item) ? item[member] : item
  return typeof group === 'string' && group !== '' ? [group] : []
}

function nextPage(next: unknown, first: string): string {
  if (typeof next === 'string' && URL.canParse(next)) {
    if (new URL(next).origin === new URL(first).origin) return next
  }
  throw refusal('the next page of groups is at another origin')
}

const refusal = (message: string) => new OidcError('ERR_PROVIDER_GROUPS', message)
