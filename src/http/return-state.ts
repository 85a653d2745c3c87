import { randomBytes } from 'node:crypto'
import type { KeyRing } from '../session/key-ring.js'
import { openFromCookie, sealForCookie } from '../session/cookie-seal.js'

/**
 * Carries a return-to through the provider inside `state`, sealed, so that it survives a lost cookie
 * and cannot be chosen by anybody else.
 */
export interface ReturnState {
  /** What to append to a random state; empty when the return-to is too long to travel in a URL. */
  suffix(returnTo: string): string
  /** A random state that carries the return-to. */
  newState(returnTo: string | undefined): string
  /** The return-to of a state, even of a login that is finished, expired or another browser's. */
  read(state: string | undefined): string | undefined
}

const purpose = 'return-to'
const longestReturnTo = 1024

export function createReturnState(keyRing: KeyRing): ReturnState {
  function suffix(returnTo: string): string {
    if (returnTo.length > longestReturnTo) return ''
    return `.${sealForCookie(keyRing, purpose, returnTo)}`
  }
  return {
    suffix,
    newState: (returnTo) =>
      randomBytes(16).toString('base64url') + (returnTo === undefined ? '' : suffix(returnTo)),
    read(state) {
      const dot = state?.indexOf('.') ?? -1
      if (state === undefined || dot === -1) return undefined
      return openFromCookie(keyRing, purpose, state.slice(dot + 1))
    },
  }
}
