import { Type } from 'typebox'
import { claimsFields } from './claims-schema.js'
import { clientFields } from './client-schema.js'
import { issuerFields } from './issuer-schema.js'
import { loginFields } from './login-schema.js'
import { parameterFields } from './parameter-schema.js'
import { logoutFields } from './logout-schema.js'
import { duration, strict, text } from './schema-parts.js'
import { tokenFields } from './token-schema.js'

export const providerSchema = Type.Object(
  {
    id: Type.String({
      pattern: '^[a-z0-9][a-z0-9_-]*$',
      title: 'lower-case letters, digits, "-" and "_"',
      examples: ['corp'],
      default: 'default',
      description: 'Names the provider in URLs, logs and stored sessions.',
    }),
    name: Type.Optional(text('What people see on the sign-in page; the id when absent.')),
    ...issuerFields,
    plainCallback: Type.Boolean({
      default: false,
      description:
        'Keep `<basePath>/callback` as the redirect URI although there are several providers, which otherwise have `<basePath>/callback/<id>` each. For one provider at most.',
    }),
    emailDomainHints: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description:
          'The domains of the addresses that people of this provider have. With several providers the sign-in page then asks for the address and leads here. It lets nobody in and keeps nobody out: that is for `require`.',
      }),
    ),
    profile: Type.Optional(
      Type.Enum(['fapi2', 'fapi2-message-signing'], {
        description:
          'A security profile that is enforced as a whole: `fapi2` is the FAPI 2.0 Security Profile, `fapi2-message-signing` has requests and responses signed besides. It changes defaults, and settings that contradict it are refused. See [bound tokens and FAPI](fapi.md).',
      }),
    ),
    ...clientFields,
    ...loginFields,
    ...parameterFields,
    ...claimsFields,
    ...tokenFields,
    ...logoutFields,
    allowInsecureIssuer: Type.Boolean({
      default: false,
      description: 'Accept plain http off loopback. For tests only.',
    }),
    timeout: duration({
      default: '5s',
      description: 'How long one call to the provider may take.',
    }),
  },
  { ...strict, description: 'An OpenID provider.' },
)
