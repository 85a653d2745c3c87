import type { FormStore } from './session-store.js'

/** Keeps forms in this process until they expire. */
export function createMemoryForms(clock: () => number): FormStore & { sweep(): void } {
  const forms = new Map<string, { readonly sealed: Buffer; readonly expiresAt: number }>()
  return {
    async keep(key, sealed, expiresAt) {
      forms.set(key, { sealed, expiresAt })
    },
    async take(key) {
      const form = forms.get(key)
      forms.delete(key)
      return form && form.expiresAt > clock() ? form.sealed : undefined
    },
    sweep() {
      const now = clock()
      for (const [key, { expiresAt }] of forms) if (expiresAt <= now) forms.delete(key)
    },
  }
}
