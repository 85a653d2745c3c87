import {
  type AssertionCache,
  type AssertionSigner,
  createAssertionCache,
  createAssertionSigner,
} from '../identity/assertion.js'
import type { KeyRing } from '../session/key-ring.js'

/** The identity assertions, signed with what the first session key gives. They follow the key ring. */
export function createAssertions(
  keyRing: KeyRing,
  issuer: string,
): AssertionCache & Pick<AssertionSigner, 'jwks'> {
  function start() {
    const signer = createAssertionSigner({ seeds: keyRing.derive('assertion'), issuer })
    return { ...createAssertionCache(signer), jwks: signer.jwks }
  }
  let current = start()
  // The cache begins anew as well: what it holds may be signed with a key that is gone.
  keyRing.subscribe(() => {
    current = start()
  })
  return {
    assertionFor: (session, input) => current.assertionFor(session, input),
    jwks: () => current.jwks(),
  }
}
