import { hasQueryOrFragment, hasUserinfo, isLoopbackHost, parseHttpUrl } from './addresses.js'
import type { Finding } from './config-error.js'
import type { ProviderDraft } from './draft.js'
import { isTemplate } from './issuer-template.js'

type At = (key: string) => (string | number)[]

/** What cannot be meant of a provider's issuer, and of where its metadata and its logout are. */
export function* issuerContradictions(provider: ProviderDraft, at: At): Generator<Finding> {
  const fault = issuerFault(provider)
  if (fault !== undefined) yield { path: at('issuer'), message: fault }
  yield* tenantContradictions(provider, at)
  const { discoveryUrl, endSession } = provider
  const discovery = discoveryUrl === undefined ? undefined : addressFault(discoveryUrl, provider)
  if (discovery !== undefined) yield { path: at('discoveryUrl'), message: discovery }
  if (endSession?.url !== undefined && !isLogoutAddress(endSession.url)) {
    yield {
      path: [...at('endSession'), 'url'],
      message: 'is not a URL; write one, or {authorizationOrigin} and a path',
    }
  }
}

function issuerFault(provider: ProviderDraft): string | undefined {
  const { issuer, vendor } = provider
  if (issuer === undefined) return undefined
  // OpenID Connect Discovery 1.0 §3
  if (parseHttpUrl(issuer) && hasQueryOrFragment(issuer)) {
    return 'must have no query and no fragment'
  }
  if (issuer.includes('/.well-known/')) {
    return 'must be the issuer, not the address of its metadata; leave out /.well-known/…'
  }
  if (vendor === 'entra' && /\/(common|organizations|consumers)(\/|$)/.test(issuer)) {
    return 'is of many tenants, whose tokens never name it; write the id of your tenant in it, or {tenantid} and list tenants'
  }
  return addressFault(issuer, provider)
}

/** Why an address of the provider must not be called; undefined when it may be. */
export function addressFault(
  address: string,
  { allowInsecureIssuer }: Pick<ProviderDraft, 'allowInsecureIssuer'>,
): string | undefined {
  const url = parseHttpUrl(address)
  if (!url) return 'is not an https URL; write it exactly as the provider does in its metadata'
  if (hasUserinfo(address)) return 'must have no user and password'
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname) && allowInsecureIssuer === false) {
    return 'is plain http; use https, or for a test set allowInsecureIssuer: true'
  }
  return undefined
}

function* tenantContradictions(provider: ProviderDraft, at: At): Generator<Finding> {
  const { issuer, tenants, discoveryUrl } = provider
  if (issuer === undefined || tenants === undefined) return
  if (!isTemplate(issuer)) {
    if (tenants.length === 0) return
    yield { path: at('tenants'), message: 'are listed although the issuer has no {tenantid}' }
    return
  }
  if (tenants.length === 0) {
    yield {
      path: at('tenants'),
      message:
        'is empty although the issuer has {tenantid}: name the tenants, or nobody could sign in',
    }
  }
  if (discoveryUrl === undefined) {
    yield { path: at('discoveryUrl'), message: 'is missing: an issuer with {tenantid} has none' }
  }
}

function isLogoutAddress(url: string): boolean {
  return parseHttpUrl(url.replace('{authorizationOrigin}', 'https://provider')) !== undefined
}
