import { isLoopbackHost, parseHttpUrl } from './addresses.js'
import type { Finding } from './config-error.js'
import type { Draft } from './draft.js'

/** What cannot be meant of pages of other origins, and of the forms of the own. */
export function* browserContradictions({ routes, session }: Draft): Generator<Finding> {
  for (const [index, route] of (routes ?? []).entries()) {
    if (route?.keepForms === true) {
      const message = keepingFault(route.auth, session?.cookie?.domain)
      if (message !== undefined) yield { path: ['routes', index, 'keepForms'], message }
    }
    const { origins = [], preflight } = route?.crossOrigin ?? {}
    const path = ['routes', index, 'crossOrigin']
    for (const [place, origin] of origins.entries()) {
      const message = origin === undefined ? undefined : originFault(origin, origins.length)
      if (message !== undefined) yield { path: [...path, 'origins', place], message }
    }
    if (preflight !== 'pass') continue
    const message = preflightFault(route, origins.length)
    if (message !== undefined) yield { path: [...path, 'preflight'], message }
  }
}

function keepingFault(
  auth: string | undefined,
  domain: string | null | undefined,
): string | undefined {
  if (auth === 'public' || auth === 'optional') {
    return `has no effect with auth: ${auth}, which passes every form on`
  }
  if (domain === undefined || domain === null) return undefined
  return 'is not safe with session.cookie.domain, by which another host could plant a form; remove one of them'
}

function originFault(origin: string, count: number): string | undefined {
  if (origin === '*') {
    return count === 1 ? undefined : 'stands for every origin; remove it or the others'
  }
  const plain = origin.replace('://*.', '://any.')
  const url = parseHttpUrl(plain)
  if (url === undefined || url.origin !== plain || plain.includes('*')) {
    return 'is no origin as browsers send it; write it like https://spa.example.com, without a path'
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    return 'is not https, so that anybody on the way can be that page; use https'
  }
  return undefined
}

function preflightFault(
  route: NonNullable<Draft['routes']>[number],
  origins: number,
): string | undefined {
  if (route?.auth === 'public') return 'has no effect with auth: public, which passes everything on'
  if (origins === 0) return 'has no effect without origins'
  const methods = route?.match?.methods
  if (methods !== undefined && !methods.includes('OPTIONS')) {
    return 'has no effect, because match.methods lacks OPTIONS'
  }
  return undefined
}
