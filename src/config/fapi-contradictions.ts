import type { Finding } from './config-error.js'
import type { Draft, ProviderDraft } from './draft.js'
import { parseDurationMs } from './duration.js'
import { fapiAlgorithms, fapiClientAuthentication, hasCertificate } from './fapi.js'

type Path = (...keys: (string | number)[]) => (string | number)[]

/** What `profile: fapi2` of a provider rules out, in its own settings and in the routes. */
export function* fapiContradictions({ providers, routes }: Draft): Generator<Finding> {
  const profiled = (providers ?? []).map((provider) => provider?.profile !== undefined)
  for (const [index, provider] of (providers ?? []).entries()) {
    if (provider?.profile === undefined) continue
    const at: Path = (...keys) => ['providers', index, ...keys]
    yield* clientContradictions(provider, at)
    yield* requestContradictions(provider, at)
    yield* tokenContradictions(provider, at)
  }
  if (!profiled.includes(true)) return
  const provider = `providers[${profiled.indexOf(true)}]`
  for (const [index, route] of (routes ?? []).entries()) {
    if (route?.forward?.accessToken === 'header') {
      yield {
        path: ['routes', index, 'forward', 'accessToken'],
        message: `is header, and profile: fapi2 of ${provider} has access tokens in Authorization alone; use bearer or none`,
      }
    }
    const named = route?.bearer?.provider
    if (!route?.bearer || !isProfiled(providers ?? [], named)) continue
    yield {
      path: ['routes', index, 'bearer'],
      message: `takes tokens that are bound to nobody, which profile: fapi2 of ${provider} rules out; name another provider in it, or remove it`,
    }
  }
}

const isProfiled = (providers: readonly (ProviderDraft | undefined)[], id: string | undefined) =>
  providers.some((provider) => {
    return provider?.profile !== undefined && (id === undefined || provider.id === id)
  })

function* clientContradictions(provider: ProviderDraft, at: Path): Generator<Finding> {
  const {
    clientAuthentication: method,
    clientAssertionAudience,
    clientAssertionAlgorithm,
  } = provider
  if (method !== undefined && !fapiClientAuthentication.includes(method)) {
    yield {
      path: at('clientAuthentication'),
      message: `is ${method}, which profile: fapi2 rules out; use ${listed(fapiClientAuthentication)}`,
    }
  }
  if (clientAssertionAudience === 'token_endpoint') {
    yield {
      path: at('clientAssertionAudience'),
      message: 'must be issuer under profile: fapi2',
    }
  }
  if (
    clientAssertionAlgorithm !== undefined &&
    !fapiAlgorithms.includes(clientAssertionAlgorithm)
  ) {
    yield {
      path: at('clientAssertionAlgorithm'),
      message: `is ${clientAssertionAlgorithm}, which profile: fapi2 rules out; use PS256, ES256 or EdDSA`,
    }
  }
}

function* requestContradictions(provider: ProviderDraft, at: Path): Generator<Finding> {
  const { pushedAuthorizationRequests, allowInsecureIssuer } = provider
  if (pushedAuthorizationRequests === 'auto') {
    yield {
      path: at('pushedAuthorizationRequests'),
      message: 'must be always under profile: fapi2',
    }
  }
  if (allowInsecureIssuer === true) {
    yield {
      path: at('allowInsecureIssuer'),
      message: 'is ruled out by profile: fapi2, which is for TLS alone',
    }
  }
}

/** A client must take an `iat` of 10 seconds ahead, and must refuse one of more than 60 (§5.3.2.1, note). */
const [leastToleranceMs, mostToleranceMs] = [10_000, 60_000]

function* tokenContradictions(provider: ProviderDraft, at: Path): Generator<Finding> {
  if (provider.dpop === 'off' && !hasCertificate(provider)) {
    yield {
      path: at('dpop'),
      message:
        'must be required under profile: fapi2, since there is no client certificate (tls.certFile) that tokens could be bound to',
      assumes: [at('tls')],
    }
  }
  for (const [index, algorithm] of (provider.idTokenSigningAlgorithms ?? []).entries()) {
    if (algorithm === undefined || fapiAlgorithms.includes(algorithm)) continue
    yield {
      path: at('idTokenSigningAlgorithms', index),
      message: `is ${algorithm}, which profile: fapi2 rules out; use PS256, ES256 or EdDSA`,
    }
  }
  if (provider.clockTolerance === undefined) return
  const toleranceMs = parseDurationMs(provider.clockTolerance)
  if (toleranceMs < leastToleranceMs || toleranceMs > mostToleranceMs) {
    yield {
      path: at('clockTolerance'),
      message: 'must be from 10s to 60s under profile: fapi2',
    }
  }
}

const listed = (names: readonly string[]) => `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
