import type { Finding } from './config-error.js'
import type { Draft, ProviderDraft, RouteDraft } from './draft.js'
import { parseDurationMs } from './duration.js'
import { fapiAlgorithms, fapiClientAuthentication, hasCertificate } from './fapi.js'

type Path = (...keys: (string | number)[]) => (string | number)[]

/** What `profile: fapi2` of a provider rules out, in its own settings and in the routes. */
export function* fapiContradictions({ providers = [], routes = [] }: Draft): Generator<Finding> {
  for (const [index, provider] of providers.entries()) {
    if (provider?.profile === undefined) continue
    const at: Path = (...keys) => ['providers', index, ...keys]
    yield* clientContradictions(provider, at)
    yield* requestContradictions(provider, at)
    yield* tokenContradictions(provider, at)
  }
  for (const [index, route] of routes.entries()) {
    if (!route) continue
    yield* routeContradictions(route, providers, (...keys) => ['routes', index, ...keys])
  }
}

/** Access tokens go in `Authorization` alone, and only to whom they are bound (§5.3.3, §5.3.4). */
function* routeContradictions(
  { forward, bearer, providers: named }: RouteDraft,
  providers: readonly (ProviderDraft | undefined)[],
  at: Path,
): Generator<Finding> {
  const profiledOf = (ids: readonly (string | undefined)[] | undefined) =>
    providers.findIndex((provider) => {
      return provider?.profile !== undefined && (ids === undefined || ids.includes(provider.id))
    })
  const signingIn = profiledOf(named)
  if (forward?.accessToken === 'header' && signingIn !== -1) {
    yield {
      path: at('forward', 'accessToken'),
      message: `is header, and profile: fapi2 of providers[${signingIn}] has access tokens in Authorization alone; use bearer or none`,
    }
  }
  const issuing = profiledOf(bearer?.provider === undefined ? undefined : [bearer.provider])
  if (bearer === undefined || issuing === -1) return
  yield {
    path: at('bearer'),
    message: `takes tokens that are bound to nobody, which profile: fapi2 of providers[${issuing}] rules out; name another provider in it, or remove it`,
  }
}

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
  if (provider.profile === 'fapi2-message-signing') {
    if (provider.signedAuthorizationRequests === 'auto') {
      yield {
        path: at('signedAuthorizationRequests'),
        message: 'must be always under profile: fapi2-message-signing',
      }
    }
    if (provider.responseMode !== undefined && !provider.responseMode.endsWith('jwt')) {
      yield {
        path: at('responseMode'),
        message: `is ${provider.responseMode}, which profile: fapi2-message-signing rules out; use jwt, query.jwt or form_post.jwt`,
      }
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
