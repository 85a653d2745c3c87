import { Buffer } from 'node:buffer'
import type { RouteConfig } from '../config/schema.js'
import type { Identity } from '../session/session.js'
import { claimValues, emailOf, groupsOf, readClaim, readText } from './claims.js'
import { type ClaimHeaderOptions, claimText } from './claim-headers.js'
import { encodeList, encodeText, type Header } from './header-value.js'
import { identityHeaderNames } from './identity-headers.js'
import { assertionHeaderName } from './reserved-headers.js'

/** The names by which an application knows another proxy. */
export type HeaderProfile = Exclude<RouteConfig['forward']['identityHeaders'], boolean>

export interface ProfileOptions extends ClaimHeaderOptions {
  /** The claim that is the user, where a profile has but one name for that. */
  readonly userClaim: string
}

/** A person as profiles tell of them, encoded for headers. */
interface Told {
  readonly sub: string
  readonly user: string | undefined
  readonly email: string | undefined
  readonly name: string | undefined
  readonly preferredUsername: string | undefined
  readonly groups: string | undefined
  readonly provider: string
  /** All of it, as Easy Auth tells it. */
  readonly principal: string
}

type Profile = readonly (readonly [name: string, value: (told: Told) => string | undefined])[]

/** What stands before each value of IAP, for applications cut it off. */
const iapNamespace = (value: string | undefined) => value && `accounts.google.com:${value}`

const profiles: Record<HeaderProfile, Profile> = {
  'oauth2-proxy': [
    [identityHeaderNames.user, ({ sub }) => sub],
    [identityHeaderNames.email, ({ email }) => email],
    [identityHeaderNames.preferredUsername, ({ preferredUsername }) => preferredUsername],
    [identityHeaderNames.groups, ({ groups }) => groups],
    ['X-Auth-Request-User', ({ sub }) => sub],
    ['X-Auth-Request-Email', ({ email }) => email],
    ['X-Auth-Request-Preferred-Username', ({ preferredUsername }) => preferredUsername],
    ['X-Auth-Request-Groups', ({ groups }) => groups],
    ['GAP-Auth', ({ email, sub }) => email ?? sub],
  ],
  authelia: [
    ['Remote-User', ({ user }) => user],
    ['Remote-Name', ({ name }) => name],
    ['Remote-Email', ({ email }) => email],
    ['Remote-Groups', ({ groups }) => groups],
  ],
  pomerium: [
    ['X-Pomerium-Claim-Sub', ({ sub }) => sub],
    ['X-Pomerium-Claim-User', ({ sub }) => sub],
    ['X-Pomerium-Claim-Name', ({ name }) => name],
    ['X-Pomerium-Claim-Email', ({ email }) => email],
    ['X-Pomerium-Claim-Groups', ({ groups }) => groups],
  ],
  iap: [
    ['X-Goog-Authenticated-User-Id', ({ sub }) => iapNamespace(sub)],
    ['X-Goog-Authenticated-User-Email', ({ email }) => iapNamespace(email)],
  ],
  'easy-auth': [
    ['X-MS-CLIENT-PRINCIPAL', ({ principal }) => principal],
    ['X-MS-CLIENT-PRINCIPAL-ID', ({ sub }) => sub],
    ['X-MS-CLIENT-PRINCIPAL-NAME', ({ user }) => user],
    ['X-MS-CLIENT-PRINCIPAL-IDP', ({ provider }) => provider],
  ],
  'remote-user': [['Remote-User', ({ user }) => user]],
}

/** Under which name an application of a profile looks for a signed assertion. */
const assertionNames: Partial<Record<HeaderProfile, string>> = {
  pomerium: 'X-Pomerium-Jwt-Assertion',
  iap: 'X-Goog-IAP-JWT-Assertion',
}

/** The names of all headers that a profile may have. */
export const profileHeaderNames = (profile: HeaderProfile): readonly string[] =>
  profiles[profile].map(([name]) => name)

/** The name of the header with the assertion, where a route has one. */
export const assertionNameFor = (choice: boolean | HeaderProfile): string =>
  (typeof choice === 'string' ? assertionNames[choice] : undefined) ?? assertionHeaderName

/** The headers of a profile for a person. A claim that is absent gives no header. */
export function profileHeaders(
  profile: HeaderProfile,
  identity: Identity,
  options: ProfileOptions,
): readonly Header[] {
  const told = tellOf(identity, options)
  return profiles[profile].flatMap(([name, valueOf]): Header[] => {
    const value = valueOf(told)
    return value === undefined ? [] : [[name, value]]
  })
}

const text = (value: string | undefined) => (value === undefined ? undefined : encodeText(value))

function tellOf(identity: Identity, options: ProfileOptions): Told {
  return {
    sub: encodeText(identity.sub),
    user: text(claimText(identity, options.userClaim)),
    email: text(emailOf(identity)),
    name: text(readText(identity.claims, 'name')),
    preferredUsername: text(readText(identity.claims, 'preferred_username')),
    groups: encodeList(groupsOf(identity, options.groupsClaim)),
    provider: encodeText(identity.providerId),
    principal: principalOf(identity, options),
  }
}

/** Base64 of JSON, in which each value of a claim stands for itself. */
function principalOf(identity: Identity, { groupsClaim }: ProfileOptions): string {
  const { sub, claims, providerId } = identity
  const told: [typ: string, values: readonly (string | undefined)[]][] = [
    ['sub', [sub]],
    ['name', [readText(claims, 'name')]],
    ['preferred_username', [readText(claims, 'preferred_username')]],
    ['email', [emailOf(identity)]],
    ['groups', groupsOf(identity, groupsClaim)],
    ['roles', claimValues(readClaim(claims, 'roles'))],
  ]
  const principal = {
    auth_typ: providerId,
    claims: told.flatMap(([typ, values]) =>
      values.flatMap((val) => (val === undefined ? [] : [{ typ, val }])),
    ),
    name_typ: 'name',
    role_typ: 'roles',
  }
  return Buffer.from(JSON.stringify(principal)).toString('base64')
}
