import { type Static, Type } from 'typebox'

const requests = Type.Optional(Type.Record(Type.String(), Type.Unknown()))

export const demandedClaimsShape = Type.Object({ access_token: requests, id_token: requests })

/** What an upstream wants to find in tokens, as the `claims` parameter says it (Core §5.5). */
export type DemandedClaims = Readonly<Static<typeof demandedClaimsShape>>
