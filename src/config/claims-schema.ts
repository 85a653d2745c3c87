import { Type } from 'typebox'
import { strict, text } from './schema-parts.js'

/** Where the provider says who somebody is, and what of it counts. */
export const claimsFields = {
  userinfo: Type.Enum(['needed', 'always', 'never'], {
    default: 'needed',
    description:
      'When to ask the userinfo endpoint: `needed` asks when the ID token lacks a claim that the configuration reads.',
  }),
  groupsClaim: Type.Union(
    [Type.String({ minLength: 1 }), Type.Array(Type.String(), { minItems: 1 })],
    {
      default: 'groups',
      description: 'The claim that holds the groups; a list is a path into nested claims.',
    },
  ),
  groupsOverage: Type.Optional(
    Type.Object(
      {
        url: text('A list of the groups, such as `/me/transitiveMemberOf` of Microsoft Graph.'),
        member: Type.String({
          minLength: 1,
          default: 'id',
          description: 'The member of each item of the list that is the group.',
        }),
      },
      {
        ...strict,
        description:
          'Where to ask, with the access token, for the groups of people who are in more than the provider puts into tokens (Entra ID). Without it, or if it does not answer, rules about groups let these people in nowhere.',
      },
    ),
  ),
  rolesClaim: Type.Union(
    [Type.String({ minLength: 1 }), Type.Array(Type.String(), { minItems: 1 })],
    {
      default: 'roles',
      description:
        'The claim that holds the roles; a list is a path into nested claims, such as `[realm_access, roles]` for Keycloak.',
    },
  ),
  assumeEmailVerified: Type.Boolean({
    default: false,
    description:
      'Count an address in rules when the provider does not say whether it verified it (Entra ID). One that it says is not verified never counts.',
  }),
  claimFallbacks: Type.Record(Type.String(), Type.Array(Type.String(), { minItems: 1 }), {
    default: {},
    description:
      'For a claim that may be missing, those to take its value from, the first that is there: `email: [upn]`.',
  }),
  requiredClaims: Type.Record(Type.String(), Type.Array(Type.String(), { minItems: 1 }), {
    default: {},
    description:
      'For each claim the values of which an ID token must have one, else nobody is signed in: `hd: [example.com]` for Google, `org_id` for Auth0. Access tokens that clients present must have it as well.',
  }),
}
