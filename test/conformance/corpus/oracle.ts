import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  clockTolerance,
  ClientSecretBasic,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'
import type { HostileProvider } from '../../helpers/hostile-provider.js'
import { clientSecret } from '../product.js'

/**
 * What openid-client thinks of the same provider, with all of its own checks and with no help of ours:
 * what it objects to, or nothing.
 */
export async function objectionOfOpenidClient(
  provider: HostileProvider,
  bendAnswer: (parameters: URLSearchParams) => void,
): Promise<string | undefined> {
  try {
    const configuration = await discovery(
      new URL(provider.issuer),
      'app',
      { [clockTolerance]: 30 },
      ClientSecretBasic(clientSecret),
      { execute: [allowInsecureRequests, enableNonRepudiationChecks], timeout: 60 },
    )
    const [state, nonce, verifier] = [randomState(), randomNonce(), randomPKCECodeVerifier()]
    const redirectUri = 'http://localhost/oauth2/callback'
    const authorization = buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: 'openid',
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    const answer = provider.authorize(authorization.href)
    bendAnswer(answer)
    const tokens = await authorizationCodeGrant(
      configuration,
      new URL(`${redirectUri}?${answer.toString()}`),
      {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      },
    )
    await fetchUserInfo(configuration, tokens.access_token, tokens.claims()?.sub ?? '')
    return undefined
  } catch (error) {
    return String(error)
  }
}
