/**
 * Keeps sets of signing keys, sealed, by name. Throws StoreUnavailableError like the session store.
 */
export interface SigningKeyStore {
  load(name: string): Promise<Buffer | undefined>
  /** Puts a set in the place of exactly that one, or of none. False when another is there by now. */
  replace(
    name: string,
    former: Buffer | undefined,
    sealed: Buffer,
    expiresAt: number,
  ): Promise<boolean>
}
