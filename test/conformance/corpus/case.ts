import type { CannedAnswer, HostileProvider } from '../../helpers/hostile-provider.js'

/** A login at a provider that is right in all but one thing. */
export interface Case {
  readonly name: string
  /** The exact reason for which it must be refused; without one it must succeed. */
  readonly code?: string | undefined
  /** Bends one thing of what the provider says. */
  readonly bend?: (provider: HostileProvider) => void
  /** Bends the authorization response, so that the tokens must not even be asked for. */
  readonly answer?: (parameters: URLSearchParams, issuer: string) => void
  /** Settings of the provider in Valetkey's configuration. */
  readonly settings?: Record<string, unknown> | undefined
  /** Why it is accepted although openid-client refuses it. */
  readonly because?: string | undefined
  /** Whether openid-client is spared it, because it reads without end, or waits. */
  readonly isBoundless?: boolean | undefined
}

/** A case for each value of a claim of the ID token. */
export const claimCases = (
  claim: string,
  code: string,
  values: Record<string, unknown>,
  settings: Record<string, unknown> = {},
): Case[] =>
  Object.entries(values).map(([title, value]) => ({
    name: `ID token: "${claim}" is ${title}`,
    code,
    settings,
    bend(provider) {
      provider.claims = { [claim]: typeof value === 'function' ? value(provider) : value }
    },
  }))

/** A case for each answer that an endpoint may give instead of the right one. */
export const answerCases = (
  endpoint: { readonly title: string; readonly path: string },
  answers: Readonly<Record<string, CannedAnswer>>,
  { code, settings, isBoundless }: Pick<Case, 'code' | 'settings' | 'isBoundless'>,
): Case[] =>
  Object.entries(answers).map(([title, answer]) => ({
    name: `${endpoint.title}: ${title}`,
    code,
    settings,
    isBoundless,
    bend(provider) {
      provider.answers.set(endpoint.path, answer)
    },
  }))

export const secondsNow = () => Math.floor(Date.now() / 1000)
