import { Type } from 'typebox'
import { duration, strict } from './schema-parts.js'

/** What a route demands of a person. */
export const requireSchema = Type.Object(
  {
    groups: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: 'One of these groups.',
      }),
    ),
    emails: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: 'One of these verified addresses.',
      }),
    ),
    emailDomains: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: 'A verified address in one of these domains.',
      }),
    ),
    claims: Type.Optional(
      Type.Record(Type.String(), Type.Array(Type.String(), { minItems: 1 }), {
        description: 'For each claim one of the values.',
      }),
    ),
    acr: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: 'One of these authentication contexts.',
      }),
    ),
    maxAge: Type.Optional(
      duration({ description: 'How long ago the person may have authenticated.' }),
    ),
  },
  { ...strict, description: 'All of these must hold, else 403.' },
)
