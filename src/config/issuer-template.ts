/** Where the tenant stands in an issuer that is a template for many, as Entra ID announces it. */
const tenantPlaceholder = '{tenantid}'

/** Whether an issuer is a template for those of many tenants. */
export function isTemplate(issuer: string): boolean {
  return issuer.includes(tenantPlaceholder)
}

/** The issuer of one tenant; the issuer itself where it is no template. */
export function issuerOfTenant(issuer: string, tenant: string): string {
  return issuer.replaceAll(tenantPlaceholder, () => tenant)
}

/** The same issuer with a slash at its end, or without. */
export function toggleSlash(issuer: string): string {
  return issuer.endsWith('/') ? issuer.slice(0, -1) : `${issuer}/`
}

/**
 * All issuers by which the settings may mean a provider: those of its tenants where it has many, and both
 * forms where a slash may differ. Which form it is the metadata tell.
 */
export function issuersOf(settings: {
  readonly issuer: string
  readonly issuerSlash: 'exact' | 'either'
  readonly tenants: readonly string[]
}): readonly string[] {
  const { issuer, issuerSlash, tenants } = settings
  const forms = issuerSlash === 'either' ? [issuer, toggleSlash(issuer)] : [issuer]
  return forms.flatMap((form) =>
    isTemplate(form) ? tenants.map((tenant) => issuerOfTenant(form, tenant)) : [form],
  )
}
