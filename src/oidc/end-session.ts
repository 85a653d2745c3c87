import { standardLogoutParameters } from '../config/logout-parameters.js'
import type { ProviderConfig } from '../config/schema.js'
import type { JsonObject } from '../json-object.js'
import type { ProviderMetadata } from './provider-metadata.js'

export interface LogoutRequest {
  readonly idTokenHint: string | undefined
  readonly postLogoutRedirectUri: string
  readonly state: string
  /** What is known of the person. */
  readonly claims: JsonObject
}

type Settings = Pick<ProviderConfig, 'clientId' | 'endSession'>
type Endpoints = Pick<ProviderMetadata, 'authorizationEndpoint' | 'endSessionEndpoint'>

/** Where people are sent to be signed out at the provider; undefined when there is no such place. */
export function endSessionEndpoint(
  { endSession }: Pick<Settings, 'endSession'>,
  metadata: Endpoints | undefined,
): string | undefined {
  if (metadata === undefined) return undefined
  const { endSessionEndpoint: announced, authorizationEndpoint } = metadata
  if (endSession?.url === undefined || !counts(endSession, announced)) return announced
  return endSession.url.replaceAll('{authorizationOrigin}', new URL(authorizationEndpoint).origin)
}

/**
 * The logout request, as the settings say, else as RP-Initiated Logout 1.0 §2 does; undefined when the
 * provider has none.
 */
export function endSessionUrl(
  settings: Settings,
  metadata: Endpoints | undefined,
  request: LogoutRequest,
): string | undefined {
  const endpoint = endSessionEndpoint(settings, metadata)
  if (endpoint === undefined) return undefined
  const { endSession } = settings
  const isOwn = endSession !== undefined && counts(endSession, metadata?.endSessionEndpoint)
  const parameters = isOwn ? endSession.parameters : standardLogoutParameters
  const url = new URL(endpoint)
  for (const [name, text] of Object.entries(parameters)) {
    const value = filled(text, settings, request)
    if (value !== undefined) url.searchParams.set(name, value)
  }
  return url.href
}

const counts = ({ when }: NonNullable<Settings['endSession']>, announced: string | undefined) =>
  when === 'always' || announced === undefined

/** A text with its placeholders filled in; undefined when there is nothing for one of them. */
function filled(text: string, { clientId }: Settings, request: LogoutRequest): string | undefined {
  const { idTokenHint, postLogoutRedirectUri, state, claims } = request
  const values: Record<string, unknown> = {
    clientId,
    idToken: idTokenHint,
    returnTo: postLogoutRedirectUri,
    state,
  }
  let isComplete = true
  const result = text.replaceAll(/\{(claim:)?([^{}]+)\}/g, (_all, claim: unknown, name: string) => {
    const source = claim === undefined ? values : claims
    const value = Object.hasOwn(source, name) ? source[name] : undefined
    if (typeof value === 'string' && value !== '') return value
    isComplete = false
    return ''
  })
  return isComplete ? result : undefined
}
