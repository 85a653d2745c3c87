import type { ProviderConfig } from '../config/schema.js'
import { OidcError } from './errors.js'
import { audiencesOf, instantOf } from './id-token.js'
import type { ProviderMetadata } from './provider-metadata.js'
import type { Provider } from './provider.js'
import { verifyOtherToken } from './signed-token.js'

/** Whether the provider is asked to put its answer into a JWT (JARM). */
export function expectsResponseToken({
  responseMode,
}: Pick<ProviderConfig, 'responseMode'>): boolean {
  return responseMode.endsWith('jwt')
}

/**
 * The parameters of an authorization response that the provider signed (JARM §2.4), as they would come in
 * the clear. Whatever comes in the clear beside it does not count. Throws OidcError
 * ERR_CALLBACK_PARAMETERS, ERR_CALLBACK_RESPONSE, or ERR_PROVIDER_* when it cannot be told now.
 */
export async function openResponseToken(
  provider: Pick<Provider, 'config' | 'idTokenRules'>,
  metadata: ProviderMetadata,
  parameters: URLSearchParams,
  now: number,
): Promise<URLSearchParams> {
  const [token, ...others] = parameters.getAll('response')
  if (token === undefined || others.length > 0) {
    const message =
      token === undefined ? '"response" is missing' : '"response" is there more than once'
    throw new OidcError('ERR_CALLBACK_PARAMETERS', message)
  }
  const rules = provider.idTokenRules(metadata)
  const claims = await verifyOtherToken('ERR_CALLBACK_RESPONSE', token, {
    ...rules,
    algorithms: metadata.responseAlgorithms,
  })
  if (claims['iss'] !== rules.issuer) reject('"iss" is not the issuer')
  if (!audiencesOf(claims['aud'])?.includes(rules.clientId))
    reject('"aud" does not hold the client')
  const expiresAt = instantOf(claims['exp'])
  if (expiresAt === undefined) reject('"exp" is missing or no instant')
  if (expiresAt + rules.clockToleranceMs <= now) reject('it is expired')
  const texts = Object.entries(claims).filter(([, value]) => typeof value === 'string')
  return new URLSearchParams(texts.map(([name, value]): [string, string] => [name, String(value)]))
}

function reject(message: string): never {
  throw new OidcError('ERR_CALLBACK_RESPONSE', `the response token: ${message}`)
}
