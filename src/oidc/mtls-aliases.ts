import { isJsonObject, type JsonObject } from '../json-object.js'
import { OidcError } from './errors.js'
import { objectionToUrl, type ProviderUrlRules } from './provider-url.js'

/** The endpoints that the client itself calls. Browsers go to the others, and have no certificate. */
const calledByClient = new Set([
  'token_endpoint',
  'userinfo_endpoint',
  'revocation_endpoint',
  'introspection_endpoint',
  'pushed_authorization_request_endpoint',
])

/**
 * The metadata as a client with a certificate reads it: an endpoint that is among `mtls_endpoint_aliases` is at its alias
 * (RFC 8705 §5). An alias that cannot be used is an error: the endpoint itself would be the wrong one to show a
 * certificate to. Throws OidcError ERR_PROVIDER_METADATA.
 */
export function withMtlsAliases(document: JsonObject, rules: ProviderUrlRules): JsonObject {
  const aliases = document['mtls_endpoint_aliases']
  if (aliases === undefined || aliases === null) return document
  if (!isJsonObject(aliases)) {
    throw new OidcError('ERR_PROVIDER_METADATA', '"mtls_endpoint_aliases" is no JSON object')
  }
  const used = Object.entries(aliases).filter(([name]) => calledByClient.has(name))
  for (const [name, alias] of used) {
    const objection = typeof alias === 'string' ? objectionToAlias(alias, rules) : 'is no text'
    if (objection === undefined) continue
    const shown = (JSON.stringify(alias) ?? '').slice(0, 200)
    throw new OidcError(
      'ERR_PROVIDER_METADATA',
      `"mtls_endpoint_aliases.${name}" ${shown} ${objection}`,
    )
  }
  return { ...document, ...Object.fromEntries(used) }
}

function objectionToAlias(alias: string, rules: ProviderUrlRules): string | undefined {
  return objectionToUrl(alias, rules) ?? (/^https:/i.test(alias) ? undefined : 'is not https')
}
