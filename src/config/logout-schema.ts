import { Type } from 'typebox'
import { standardLogoutParameters } from './logout-parameters.js'
import { strict, text } from './schema-parts.js'

/** How people are signed out at the provider as well. */
export const logoutFields = {
  endSession: Type.Optional(
    Type.Object(
      {
        when: Type.Enum(['always', 'missing'], {
          default: 'always',
          description:
            'Whether this counts always, or only when the metadata have no `end_session_endpoint`.',
        }),
        url: Type.Optional(
          text(
            'Where to send people, instead of the `end_session_endpoint`. `{authorizationOrigin}` stands for the origin of the authorization endpoint.',
          ),
        ),
        parameters: Type.Record(Type.String(), Type.String(), {
          default: standardLogoutParameters,
          description:
            'What to send along. `{clientId}`, `{idToken}`, `{returnTo}`, `{state}` and `{claim:name}` stand for what they say; a parameter for which there is nothing is left out.',
        }),
      },
      {
        ...strict,
        description:
          'The logout request at providers that do not follow RP-Initiated Logout, or want more.',
      },
    ),
  ),
}
