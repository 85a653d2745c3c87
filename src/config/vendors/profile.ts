import type { ProviderDraft } from '../draft.js'
import type { VendorName } from './names.js'

/** Defaults of settings of a provider. */
export type VendorDefaults = Omit<
  ProviderDraft,
  'id' | 'name' | 'issuer' | 'clientId' | 'clientSecret' | 'clientSecretFile'
>

/**
 * What is known of one vendor's providers: defaults of settings that anybody could write, and nothing
 * else. In their texts `<issuer>` (without a slash at its end), `<origin>` and `<host>` stand for parts
 * of the issuer, and other names for what the groups of the pattern that recognised it hold. A text
 * with a name that stands for nothing is left out, and the setting with it if that is all it has.
 */
export interface VendorProfile {
  readonly vendor: VendorName
  /** The issuers by which it is recognised; none where they look like any other. */
  readonly issuers: readonly RegExp[]
  readonly defaults: VendorDefaults
  /** What comes on top for an issuer that is a template for many tenants. */
  readonly tenantDefaults?: VendorDefaults
  /** Why its identities have no groups, if it sends none whatever is set up. */
  readonly withoutGroups?: string
}
