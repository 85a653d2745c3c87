import type { ProviderConfig } from '../config/schema.js'
import { equalInConstantTime } from '../constant-time.js'
import { OidcError, parseProviderError } from './errors.js'
import type { LoginTransaction } from './login-request.js'
import type { ProviderMetadata } from './provider-metadata.js'

const singleParameters = ['state', 'iss', 'error', 'code']

/** What answers another response type or mode than `code` in the clear. */
const neverAskedFor = ['response', 'id_token', 'access_token']

/**
 * Checks an authorization response before anything is done with it: that it is the answer to this
 * login, which was begun at the issuer that is configured, then that it comes from there (RFC 9207 §2.4,
 * error responses too), then whether it is an error, then that it has a code and nothing of other flows.
 * Throws OidcError ERR_CALLBACK_*.
 */
export function validateLoginResponse(
  parameters: URLSearchParams,
  transaction: LoginTransaction,
  config: Pick<ProviderConfig, 'id' | 'issuer'>,
  metadata: Pick<ProviderMetadata, 'issuer' | 'sendsIssuer'>,
): void {
  for (const name of singleParameters) {
    if (parameters.getAll(name).length > 1) {
      throw new OidcError('ERR_CALLBACK_PARAMETERS', `"${name}" is there more than once`)
    }
  }
  const belongs = equalInConstantTime(parameters.get('state') ?? '', transaction.state)
  if (!belongs || transaction.state === '' || transaction.providerId !== config.id) {
    throw new OidcError('ERR_CALLBACK_STATE_MISMATCH', '"state" is not that of this login')
  }
  const { issuer: begunAt = config.issuer } = transaction
  if (begunAt !== config.issuer) {
    throw new OidcError(
      'ERR_CALLBACK_ISSUER_CHANGED',
      `the login began at "${begunAt}", and the provider "${config.id}" is "${config.issuer}" by now`,
    )
  }
  const issuer = parameters.get('iss')
  if (issuer === null ? metadata.sendsIssuer : issuer !== metadata.issuer) {
    throw new OidcError(
      'ERR_CALLBACK_ISSUER_MISMATCH',
      issuer === null ? '"iss" is missing' : `"iss" is not the issuer "${metadata.issuer}"`,
    )
  }
  if (parameters.has('error')) throw providerRefusal(parameters.get('error'))
  if (!parameters.get('code')) throw new OidcError('ERR_CALLBACK_PARAMETERS', '"code" is missing')
  for (const name of neverAskedFor) {
    if (parameters.has(name)) {
      throw new OidcError('ERR_CALLBACK_PARAMETERS', `"${name}" is there and was not asked for`)
    }
  }
}

/** Core §3.1.2.6 */
const interactions = new Set([
  'login_required',
  'consent_required',
  'interaction_required',
  'account_selection_required',
])

function providerRefusal(error: string | null): OidcError {
  const providerError = parseProviderError(error)
  if (providerError === 'unmet_authentication_requirements') {
    const message = 'the provider cannot authenticate as it was asked to'
    return new OidcError('ERR_CALLBACK_UNMET', message, { providerError })
  }
  if (providerError !== undefined && interactions.has(providerError)) {
    const message = `the provider answered ${providerError}: it would have to ask the person`
    return new OidcError('ERR_CALLBACK_INTERACTION', message, { providerError })
  }
  // RFC 8707 §2
  if (providerError === 'invalid_target') {
    const message = 'the provider does not know one of the resources'
    return new OidcError('ERR_PROVIDER_REJECTED_REQUEST', message, { providerError })
  }
  return providerError === 'access_denied'
    ? new OidcError('ERR_CALLBACK_DENIED', 'the provider denied the sign-in', { providerError })
    : new OidcError(
        'ERR_CALLBACK_ERROR',
        `the provider answered ${providerError ?? 'an unreadable error'}`,
        { providerError },
      )
}
