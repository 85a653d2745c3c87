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

/** All that the `iss` of a token may be; none of a template without tenants. */
export function issuersOf(issuer: string, tenants: readonly string[]): readonly string[] {
  return isTemplate(issuer) ? tenants.map((tenant) => issuerOfTenant(issuer, tenant)) : [issuer]
}
