import type { ProviderConfig } from '../config/schema.js'

/** What a token request says of the APIs that the access token is for (RFC 8707 §2.2). */
export function resourceParameters({
  resources,
}: Pick<ProviderConfig, 'resources'>): URLSearchParams {
  return new URLSearchParams(resources.map((resource): [string, string] => ['resource', resource]))
}
