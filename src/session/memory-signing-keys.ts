import type { SigningKeyStore } from './signing-key-store.js'

/** Keeps signing keys in this process; there are so few that nothing needs to sweep them. */
export function createMemorySigningKeys(clock: () => number): SigningKeyStore {
  const sets = new Map<string, { readonly sealed: Buffer; readonly expiresAt: number }>()
  const find = (name: string) => {
    const set = sets.get(name)
    return set && set.expiresAt > clock() ? set.sealed : undefined
  }
  return {
    load: async (name) => find(name),
    async replace(name, former, sealed, expiresAt) {
      const found = find(name)
      const isFormer = found === undefined ? former === undefined : former?.equals(found)
      if (isFormer !== true) return false
      sets.set(name, { sealed, expiresAt })
      return true
    },
  }
}
