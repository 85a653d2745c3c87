import { childOf } from '../draft.js'
import { isTemplate } from '../issuer-template.js'
import type { VendorProfile } from './profile.js'
import { findProfile } from './profiles.js'

/**
 * Fills in, for each provider of a configuration as it is written, what its vendor's profile has as
 * defaults, and which vendor that is. What is written stays. Anything of a wrong kind is left to the
 * schema to complain about.
 */
export function applyVendorProfiles(config: unknown): void {
  const providers = childOf(config, 'providers')
  if (!Array.isArray(providers)) return
  for (const provider of providers) {
    const issuer = childOf(provider, 'issuer')
    if (typeof issuer !== 'string') continue
    const profile = findProfile(childOf(provider, 'vendor'), issuer)
    if (profile !== undefined) applyProfile(provider, issuer, profile)
  }
}

function applyProfile(provider: object, issuer: string, profile: VendorProfile): void {
  const { vendor, defaults, tenantDefaults } = profile
  const values = valuesOf(issuer, profile.issuers)
  const settings = { vendor, ...defaults, ...(isTemplate(issuer) ? tenantDefaults : {}) }
  for (const [key, written] of Object.entries(settings)) {
    if (childOf(provider, key) !== undefined) continue
    const value = filled(written, values)
    if (value !== undefined) Reflect.set(provider, key, value)
  }
}

/** What the names in a profile's texts stand for, at this issuer. */
function valuesOf(issuer: string, patterns: readonly RegExp[]): ReadonlyMap<string, string> {
  const groups = patterns.map((pattern) => pattern.exec(issuer)?.groups).find((found) => found)
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined
  return new Map([
    ['issuer', issuer.replace(/\/$/, '')],
    ...(url === undefined
      ? []
      : ([
          ['origin', url.origin],
          ['host', url.host],
        ] as const)),
    ...Object.entries(groups ?? {}),
  ])
}

function filled(written: unknown, values: ReadonlyMap<string, string>): unknown {
  if (typeof written === 'string') return filledText(written, values)
  if (Array.isArray(written)) {
    const items = written.map((item) => filled(item, values)).filter((item) => item !== undefined)
    return items.length === 0 ? undefined : items
  }
  if (typeof written !== 'object' || written === null) return written
  const members = Object.entries(written).map(([key, value]) => [key, filled(value, values)])
  return Object.fromEntries(members.filter(([, value]) => value !== undefined))
}

function filledText(text: string, values: ReadonlyMap<string, string>): string | undefined {
  const names = [...text.matchAll(/<(\w+)>/g)].map(([, name = '']) => name)
  if (!names.every((name) => values.has(name))) return undefined
  return text.replaceAll(/<(\w+)>/g, (_placeholder, name: string) => values.get(name) ?? '')
}
