import { fapiAlgorithms } from '../config/fapi.js'
import type { ProviderConfig } from '../config/schema.js'
import type { JsonObject } from '../json-object.js'
import { OidcError } from './errors.js'

/**
 * Requires of the metadata what FAPI 2.0 Security Profile §5.3.2 requires of a provider, as far as they tell, so
 * that no login begins that could not be finished by the rules. Throws OidcError ERR_PROVIDER_METADATA, which
 * names all that is missing.
 */
export function requireFapi(document: JsonObject, config: ProviderConfig): void {
  const lists = (name: string, wanted: string): boolean => {
    const values: unknown = document[name]
    return Array.isArray(values) && values.includes(wanted)
  }
  const isSigned = config.responseMode.endsWith('jwt')
  const listsAlgorithm = (name: string) => fapiAlgorithms.some((alg) => lists(name, alg))
  const method = config.clientAuthentication
  const methods = 'token_endpoint_auth_methods_supported'
  const missing = [
    [
      'pushed_authorization_request_endpoint',
      typeof document['pushed_authorization_request_endpoint'] === 'string',
    ],
    [
      'authorization_response_iss_parameter_supported',
      // A signed response has its own.
      isSigned || document['authorization_response_iss_parameter_supported'] === true,
    ],
    [
      `${fapiAlgorithms.join(', ')} in authorization_signing_alg_values_supported`,
      !isSigned || listsAlgorithm('authorization_signing_alg_values_supported'),
    ],
    ['S256 in code_challenge_methods_supported', lists('code_challenge_methods_supported', 'S256')],
    [`${method} in ${methods}`, document[methods] === undefined || lists(methods, method)],
    [
      `${fapiAlgorithms.join(', ')} in id_token_signing_alg_values_supported`,
      listsAlgorithm('id_token_signing_alg_values_supported'),
    ],
    [
      'tls_client_certificate_bound_access_tokens',
      config.dpop === 'required' || document['tls_client_certificate_bound_access_tokens'] === true,
    ],
  ].flatMap(([what, isThere]) => (isThere ? [] : [what]))
  if (missing.length === 0) return
  throw new OidcError(
    'ERR_PROVIDER_METADATA',
    `the metadata fall short of profile: fapi2, without ${missing.join('; ')}`,
  )
}
