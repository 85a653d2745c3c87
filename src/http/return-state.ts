import { randomBytes } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { KeyRing } from '../session/key-ring.js'
import { openFromCookie, sealForCookie } from '../session/cookie-seal.js'

const beginningSchema = Type.Object({
  /** Epoch milliseconds. */
  at: Type.Number(),
  /** As the browser named it, with its port. */
  host: Type.String(),
  /** Absent where nothing tells. */
  scheme: Type.Optional(Type.Enum(['http', 'https'])),
})

/** Where and when a login began; it helps to explain why its cookie did not come back. */
export type LoginBeginning = Static<typeof beginningSchema>

const sealedSchema = Type.Object({
  returnTo: Type.String(),
  beginning: Type.Optional(beginningSchema),
})

/**
 * Carries a return-to through the provider inside `state`, sealed, so that it survives a lost cookie
 * and cannot be chosen by anybody else.
 */
export interface ReturnState {
  /** What to append to a random state; empty when it is too long to travel in a URL. */
  suffix(returnTo: string, beginning?: LoginBeginning): string
  /** A random state that carries the return-to. */
  newState(returnTo: string | undefined): string
  /** What a state carries, even of a login that is finished, expired or another browser's. */
  read(state: string | undefined): Static<typeof sealedSchema> | undefined
}

const purpose = 'return-to'
const longest = 1280

export function createReturnState(keyRing: KeyRing): ReturnState {
  function suffix(returnTo: string, beginning?: LoginBeginning): string {
    const text = JSON.stringify({ returnTo, beginning })
    return text.length > longest ? '' : `.${sealForCookie(keyRing, purpose, text)}`
  }
  return {
    suffix,
    newState: (returnTo) =>
      randomBytes(16).toString('base64url') + (returnTo === undefined ? '' : suffix(returnTo)),
    read(state) {
      const dot = state?.indexOf('.') ?? -1
      if (state === undefined || dot === -1) return undefined
      const opened = openFromCookie(keyRing, purpose, state.slice(dot + 1))
      if (opened === undefined) return undefined
      // A release before this one sealed the return-to alone.
      if (!opened.startsWith('{')) return { returnTo: opened }
      const content: unknown = JSON.parse(opened)
      return Value.Check(sealedSchema, content) ? content : undefined
    },
  }
}
