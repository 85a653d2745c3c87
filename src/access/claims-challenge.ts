import { isUtf8 } from 'node:buffer'
import type { DemandedClaims } from '../session/demanded-claims.js'
import { isJsonObject } from '../json-object.js'

/** How long demanded claims may be as JSON, in bytes; what is longer would not fit into URLs and cookies. */
export const longestClaims = 1024

/**
 * Reads the parameter `claims` of a challenge, as Entra ID writes it: JSON in Base64, or as it is. Of the
 * places where claims can be asked for only tokens count. Undefined where nothing is asked for or anything is
 * wrong, so that half a demand is never acted upon.
 */
export function parseDemandedClaims(text: string): DemandedClaims | undefined {
  const asked = parseJson(text.startsWith('{') ? text : fromBase64(text))
  if (!isJsonObject(asked)) return undefined
  const places = (['access_token', 'id_token'] as const)
    .map((place) => [place, asked[place]] as const)
    .filter(([, requests]) => requests !== undefined)
  if (!places.every(([, requests]) => isJsonObject(requests) && areRequests(requests)))
    return undefined
  const demanded: DemandedClaims = Object.fromEntries(places)
  const isTooLong = Buffer.byteLength(JSON.stringify(demanded)) > longestClaims
  const isEmpty = places.every(([, requests]) => Object.keys(Object(requests)).length === 0)
  return isTooLong || isEmpty ? undefined : demanded
}

function fromBase64(text: string): string {
  const bytes = Buffer.from(/^[\w+/-]+={0,2}$/.test(text) ? text : '', 'base64')
  return isUtf8(bytes) ? bytes.toString() : ''
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const areRequests = (requests: Record<string, unknown>) =>
  Object.values(requests).every((request) => request === null || isJsonObject(request))
