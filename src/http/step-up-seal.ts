import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { openFromCookie, sealForCookie } from '../session/cookie-seal.js'
import { demandedClaimsShape } from '../session/demanded-claims.js'
import type { KeyRing } from '../session/key-ring.js'

/** What a login is to bring, as it travels with the login; the session that comes of it keeps it. */
export const stepUpRequestSchema = Type.Object({
  acrValues: Type.Optional(Type.Array(Type.String())),
  maxAgeMs: Type.Optional(Type.Number()),
  claims: Type.Optional(demandedClaimsShape),
  /** For how many times in a row the person is sent to the provider for one; 0 with a login of a stranger. */
  attempt: Type.Number(),
  /** The provider did not act upon less. */
  forcesLogin: Type.Optional(Type.Literal(true)),
})

export type StepUpRequest = Static<typeof stepUpRequestSchema>

/** Carries what a login is to bring in a URL, so that nobody else can name it. */
export interface StepUpSeal {
  seal(stepUp: StepUpRequest): string
  /** Undefined unless it was sealed here. */
  open(text: string): StepUpRequest | undefined
}

const purpose = 'step-up'

export function createStepUpSeal(keyRing: KeyRing): StepUpSeal {
  return {
    seal: (stepUp) => sealForCookie(keyRing, purpose, JSON.stringify(stepUp)),
    open(text) {
      const opened = openFromCookie(keyRing, purpose, text)
      const stepUp: unknown = opened === undefined ? undefined : JSON.parse(opened)
      return Value.Check(stepUpRequestSchema, stepUp) ? stepUp : undefined
    },
  }
}
