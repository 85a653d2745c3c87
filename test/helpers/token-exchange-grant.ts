import { errors, type Provider, type TokenEndpointGrantContext } from 'oidc-provider'
import { stringOf } from './provider-pages.js'

export const tokenExchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'

/**
 * Adds token exchange (RFC 8693) to a real provider as an extension grant: an active access token of the client's for
 * one with the scopes asked for that is meant for one of the provider's APIs, named by `audience` or `resource`.
 */
export function registerTokenExchange(
  provider: Provider,
  options: {
    readonly apis: readonly string[]
    readonly apiOf: (audience: string) => ConstructorParameters<Provider['ResourceServer']>[1]
    readonly ttlSeconds: number
  },
): void {
  async function exchange(ctx: TokenEndpointGrantContext): Promise<void> {
    const { client, params } = ctx.oidc
    if (stringOf(params, 'subject_token_type') !== accessTokenType) {
      throw new errors.InvalidRequest('the subject token must be an access token')
    }
    if (stringOf(params, 'requested_token_type') !== accessTokenType) {
      throw new errors.InvalidRequest('only access tokens are issued')
    }
    const subject = await provider.AccessToken.find(stringOf(params, 'subject_token'))
    if (subject?.isValid !== true || subject.clientId !== client.clientId) {
      throw new errors.InvalidRequest('the subject token is not active')
    }
    const [api, ...others] = [params['audience'] ?? [], params['resource'] ?? []].flat()
    if (typeof api !== 'string' || others.length > 0 || !options.apis.includes(api)) {
      throw new errors.InvalidTarget()
    }
    const token = new provider.AccessToken({
      accountId: subject.accountId,
      client,
      grantId: subject.grantId,
      gty: 'token_exchange',
      scope: stringOf(params, 'scope'),
      resourceServer: new provider.ResourceServer(api, options.apiOf(api)),
      expiresIn: options.ttlSeconds,
    })
    ctx.body = {
      access_token: await token.save(),
      issued_token_type: accessTokenType,
      token_type: 'Bearer',
      expires_in: options.ttlSeconds,
      scope: token.scope,
    }
  }
  provider.registerGrantType(
    tokenExchangeGrant,
    exchange,
    [
      'audience',
      'resource',
      'scope',
      'requested_token_type',
      'subject_token',
      'subject_token_type',
    ],
    ['audience', 'resource'],
  )
}
