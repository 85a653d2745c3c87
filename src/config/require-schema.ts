import { Type } from 'typebox'
import { duration, strict } from './schema-parts.js'

const listOfText = (description: string) =>
  Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description })

const nestedClaim = Type.Object(
  {
    path: listOfText('The names from the outermost claim inwards: `[realm_access, roles]`.'),
    values: Type.Array(Type.String(), { minItems: 1, description: 'One of these values.' }),
  },
  { ...strict, description: 'A claim within another claim.' },
)

const rule = Type.Object(
  {
    groups: Type.Optional(listOfText('One of these groups.')),
    roles: Type.Optional(listOfText('One of these roles.')),
    emails: Type.Optional(listOfText('One of these verified addresses.')),
    emailDomains: Type.Optional(listOfText('A verified address in one of these domains.')),
    claims: Type.Optional(
      Type.Record(Type.String(), Type.Array(Type.String(), { minItems: 1 }), {
        description:
          'For each claim one of the values. The name is literal, whatever characters it has.',
      }),
    ),
    nestedClaims: Type.Optional(
      Type.Array(nestedClaim, { minItems: 1, description: 'For each path one of the values.' }),
    ),
    acr: Type.Optional(
      Type.Array(
        Type.String({
          pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$',
          title: 'an authentication context without spaces',
          examples: ['mfa'],
        }),
        {
          minItems: 1,
          description: 'One of these authentication contexts; else the provider is asked for one.',
        },
      ),
    ),
    maxAge: Type.Optional(
      duration({
        description: 'How long ago the person may have authenticated; else they do so again.',
      }),
    ),
    clientAddresses: Type.Optional(
      listOfText('The client, behind trusted proxies, is in one of these CIDRs.'),
    ),
    methods: Type.Optional(
      Type.Array(
        Type.String({ pattern: '^[A-Z-]+$', title: 'a method in capitals', examples: ['GET'] }),
        { minItems: 1, description: 'The request has one of these methods.' },
      ),
    ),
    any: Type.Optional(
      Type.Array(Type.Ref('Rule'), { minItems: 1, description: 'At least one of these holds.' }),
    ),
    all: Type.Optional(
      Type.Array(Type.Ref('Rule'), { minItems: 1, description: 'Each of these holds.' }),
    ),
    not: Type.Optional(Type.Ref('Rule', { description: 'This does not hold.' })),
  },
  { ...strict, description: 'All of these must hold, else 403.' },
)

/** What a route requires; `any`, `all` and `not` hold the same again. */
export const requireSchema = Type.Cyclic({ Rule: rule }, 'Rule', {
  description: 'All of these must hold, else 403. See [rules](rules.md).',
})
