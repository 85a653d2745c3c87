import { Type } from 'typebox'
import { strict, text } from './schema-parts.js'

const claimsOf = (place: string) =>
  Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      description: `What is asked for in ${place}: for each claim \`null\`, or \`essential\`, \`value\` and \`values\`.`,
    }),
  )

const startParameter = Type.Union([
  Type.Enum(['any']),
  Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
  Type.Object(
    { pattern: text('A regular expression that the whole value matches.') },
    { ...strict, description: 'Which values pass.' },
  ),
])

/** What goes with an authorization request besides what every login has. */
export const parameterFields = {
  claims: Type.Optional(
    Type.Object(
      {
        id_token: claimsOf('the ID token'),
        access_token: claimsOf('the access token, which some providers understand'),
        userinfo: claimsOf('userinfo'),
      },
      {
        ...strict,
        description:
          'Sent as `claims` (Core §5.5). With an essential `acr` in `id_token`, the ID token must carry one of its values.',
      },
    ),
  ),
  resources: Type.Array(Type.String({ minLength: 1 }), {
    default: [],
    description:
      'The APIs that the access token is for (RFC 8707): each is sent as `resource`, at the login and at each refresh.',
  }),
  extraParameters: Type.Record(Type.String(), Type.String({ minLength: 1 }), {
    default: {},
    description: 'Sent with each authorization request: `audience: https://api.example.com`.',
  }),
  startParameters: Type.Record(Type.String(), startParameter, {
    default: { login_hint: 'any', ui_locales: 'any' },
    description:
      'Which parameters of `/start` are passed on to the provider, each with `any` value, one of a list, or what matches a `pattern`. See [authorization requests](authorization-requests.md).',
  }),
}
