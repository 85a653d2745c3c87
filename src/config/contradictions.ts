import {
  hasQueryOrFragment,
  hasUserinfo,
  isAddressOrCidr,
  isHostName,
  isLoopbackHost,
  parseHttpUrl,
  parseListenAddress,
} from './addresses.js'
import { assertionContradictions } from './assertion-contradictions.js'
import type { Finding } from './config-error.js'
import { browserContradictions } from './browser-contradictions.js'
import type { Draft } from './draft.js'
import { timerFault } from './duration.js'
import { fapiContradictions } from './fapi-contradictions.js'
import { providerContradictions } from './provider-contradictions.js'
import { routeContradictions } from './route-contradictions.js'
import { sessionContradictions } from './session-contradictions.js'

/** Everything that is well-formed by itself and yet cannot be meant. Pure. */
export function contradictions(draft: Draft): Finding[] {
  return [
    ...publicUrlContradictions(draft),
    ...listenContradictions(draft),
    ...tlsContradictions(draft),
    ...basePathContradictions(draft),
    ...hostContradictions(draft),
    ...adminContradictions(draft),
    ...shutdownContradictions(draft),
    ...providerContradictions(draft),
    ...fapiContradictions(draft),
    ...sessionContradictions(draft),
    ...assertionContradictions(draft),
    ...routeContradictions(draft),
    ...browserContradictions(draft),
  ]
}

function* publicUrlContradictions({ publicUrl }: Draft): Generator<Finding> {
  if (publicUrl === undefined) return
  const path = ['publicUrl']
  const url = parseHttpUrl(publicUrl)
  if (!url) {
    yield { path, message: 'is not an http or https URL; write it like https://app.example.com' }
  } else if (url.pathname !== '/' || hasQueryOrFragment(publicUrl) || hasUserinfo(publicUrl)) {
    yield {
      path,
      message: `must be scheme and host alone, without path, query, fragment or user: ${url.origin}`,
    }
  } else if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    yield {
      path,
      message:
        'is plain http; cookies are safe over https only (http is for localhost, *.localhost, 127.0.0.0/8 and [::1])',
    }
  }
}

function* listenContradictions(draft: Draft): Generator<Finding> {
  const { listen, admin, extAuthz } = draft
  const message =
    'is no address to listen on; write host:port with a port up to 65535, an IPv6 address in brackets: [::]:4180'
  const main = parseListenAddress(listen ?? '')
  const inner = parseListenAddress(admin?.listen ?? '')
  if (listen !== undefined && !main) yield { path: ['listen'], message }
  if (admin?.listen !== undefined && !inner) yield { path: ['admin', 'listen'], message }
  if (extAuthz?.listen !== undefined) yield* extAuthzContradictions(draft, extAuthz.listen, message)
  if (!main || !inner || main.port === 0 || main.port !== inner.port) return
  if (main.host === inner.host || isWildcard(main.host) || isWildcard(inner.host)) {
    yield { path: ['admin', 'listen'], message: `needs another port than listen: ${main.port}` }
  }
}

function* extAuthzContradictions(
  { listen, admin, trustedProxies }: Draft,
  written: string,
  message: string,
): Generator<Finding> {
  const path = ['extAuthz', 'listen']
  const address = parseListenAddress(written)
  if (!address) {
    yield { path, message }
    return
  }
  const others = [listen, admin?.listen].map((other) => parseListenAddress(other ?? ''))
  if (address.port !== 0 && others.some((other) => other?.port === address.port)) {
    yield { path, message: `needs a port of its own: ${address.port} is taken` }
  }
  if (trustedProxies === undefined || trustedProxies.length === 0) {
    yield { path, message: 'is asked by nobody while trustedProxies does not list the proxies' }
  }
}

function* tlsContradictions({ tls, publicUrl }: Draft): Generator<Finding> {
  if (tls === undefined || !publicUrl?.startsWith('http:')) return
  yield {
    path: ['tls'],
    message: 'is set although publicUrl is plain http, which the listener then does not speak',
    assumes: [['publicUrl']],
  }
}

const isWildcard = (host: string) => host === '0.0.0.0' || /^[0:]+$/.test(host)

function* basePathContradictions({ basePath }: Draft): Generator<Finding> {
  if (basePath?.split('/').some((segment) => segment === '.' || segment === '..')) {
    yield { path: ['basePath'], message: 'has a "." or ".." segment; write a path like /oauth2' }
  }
}

function* hostContradictions({ trustedProxies, returnToHosts }: Draft): Generator<Finding> {
  for (const [index, proxy] of (trustedProxies ?? []).entries()) {
    if (proxy === undefined) continue
    const path = ['trustedProxies', index]
    if (!isAddressOrCidr(proxy)) {
      yield { path, message: 'is no network; write a CIDR like 10.0.0.0/8 or fd00::/8' }
    } else if (/\/0+$/.test(proxy)) {
      yield {
        path,
        message:
          'trusts everybody, so that any client can claim any address; name the network of the proxies',
      }
    }
  }
  for (const [index, host] of (returnToHosts ?? []).entries()) {
    if (host === undefined || isHostName(host)) continue
    yield {
      path: ['returnToHosts', index],
      message:
        'is no host name; write it without scheme, port, path and wildcard: other.example.com',
    }
  }
}

function* adminContradictions({ admin }: Draft): Generator<Finding> {
  if (admin?.token === undefined || /^[\x21-\x7e]{16,}$/.test(admin.token)) return
  yield {
    path: ['admin', admin.tokenFile === undefined ? 'token' : 'tokenFile'],
    message: 'must be at least 16 visible ASCII characters, such as `valetkey keygen` prints',
  }
}

function* shutdownContradictions({ shutdown }: Draft): Generator<Finding> {
  for (const key of ['wait', 'drain'] as const) {
    const message = timerFault(shutdown?.[key], { zero: 'allowed' })
    if (message !== undefined) yield { path: ['shutdown', key], message }
  }
}
