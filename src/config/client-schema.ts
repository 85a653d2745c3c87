import { Type } from 'typebox'
import { text } from './schema-parts.js'

/** Who Valetkey is at the provider, and how it proves that. */
export const clientFields = {
  clientId: text('The client that is registered at the provider.'),
  clientSecret: Type.Optional(text('The client secret; better kept in clientSecretFile.')),
  clientSecretFile: Type.Optional(text('A file that holds the client secret.')),
  clientAuthentication: Type.Enum(['client_secret_basic', 'client_secret_post', 'none'], {
    default: 'client_secret_basic',
    description: 'How the client authenticates itself.',
  }),
}
