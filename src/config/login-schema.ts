import { Type } from 'typebox'
import { duration, text } from './schema-parts.js'

/** What a login asks of the provider. */
export const loginFields = {
  scopes: Type.Array(
    Type.String({
      pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$',
      title: 'a scope without spaces',
      examples: ['openid'],
    }),
    {
      default: ['openid', 'profile', 'email'],
      description: 'The scopes to ask for; `openid` must be among them.',
    },
  ),
  filterScopes: Type.Enum(['none', 'offline_access', 'all'], {
    default: 'none',
    description:
      'Which of the scopes are left out when the provider lists what it supports and they are not there.',
  }),
  responseMode: Type.Enum(['query', 'form_post', 'jwt', 'query.jwt', 'form_post.jwt'], {
    default: 'query',
    description:
      'How the provider sends the authorization response; with `jwt` in it as a JWT that it signs (JARM), and then nothing else counts.',
  }),
  pushedAuthorizationRequests: Type.Enum(['auto', 'always'], {
    default: 'auto',
    description:
      'When the authorization request is pushed to the provider first (PAR): where the provider requires it, or always. A push that fails ends the login; nothing is sent through the browser instead.',
  }),
  signedAuthorizationRequests: Type.Enum(['auto', 'always'], {
    default: 'auto',
    description:
      'When the authorization request is a JWT that the client signs (JAR): where the provider requires it, or always. Needs clientKeyFile.',
  }),
  prompt: Type.Optional(text('Sent as `prompt` with each authorization request.')),
  acrValues: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      description: 'Sent as `acr_values`; the ID token must carry one of them.',
    }),
  ),
  maxAge: Type.Optional(
    duration({ description: 'Sent as `max_age`; an older authentication is refused.' }),
  ),
}
