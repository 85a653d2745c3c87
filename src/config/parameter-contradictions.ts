import { isJsonObject } from '../json-object.js'
import type { Finding } from './config-error.js'
import { objectionToExtra, objectionToStart } from './core-parameters.js'
import { childOf, type ProviderDraft } from './draft.js'

type At = (key: string) => (string | number)[]

/** What cannot be meant of what goes with a provider's authorization requests. */
export function* parameterContradictions(provider: ProviderDraft, at: At): Generator<Finding> {
  const { extraParameters = {}, prompt } = provider
  for (const name of Object.keys(extraParameters)) {
    const isPrompt = name.toLowerCase() === 'prompt'
    const message = isPrompt ? 'is what prompt is for' : objectionToExtra(name)
    if (message !== undefined) yield { path: [...at('extraParameters'), name], message }
  }
  if (prompt?.split(' ').includes('none')) {
    yield {
      path: at('prompt'),
      message: 'must not be "none": nobody could sign in who is not signed in already',
    }
  }
  if (provider.signedAuthorizationRequests === 'always' && provider.clientKeyFile === undefined) {
    yield {
      path: at('signedAuthorizationRequests'),
      message: 'needs clientKeyFile, the private key to sign with',
    }
  }
  yield* startContradictions(provider, at)
  yield* claimsContradictions(provider, at)
  for (const [index, resource] of (provider.resources ?? []).entries()) {
    // RFC 8707 §2
    if (resource === undefined || (URL.canParse(resource) && !resource.includes('#'))) continue
    const message = 'is no absolute URI without a fragment, as https://api.example.com is'
    yield { path: [...at('resources'), index], message }
  }
}

function* startContradictions({ startParameters = {} }: ProviderDraft, at: At): Generator<Finding> {
  for (const [name, rule] of Object.entries(startParameters)) {
    const path = [...at('startParameters'), name]
    const message = objectionToStart(name)
    if (message !== undefined) yield { path, message }
    if (name.toLowerCase() === 'prompt' && !isSafePrompt(rule)) {
      yield {
        path,
        message: 'must be a list without "none": nobody could sign in who is not signed in already',
      }
    }
    const pattern = childOf(rule, 'pattern')
    if (typeof pattern === 'string' && !isPattern(pattern)) {
      yield { path: [...path, 'pattern'], message: 'is no regular expression' }
    }
  }
}

function isSafePrompt(rule: unknown): boolean {
  return Array.isArray(rule) && rule.every((value) => !String(value).split(' ').includes('none'))
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp
  } catch {
    return false
  }
}

function* claimsContradictions({ claims, acrValues }: ProviderDraft, at: At): Generator<Finding> {
  for (const [place, asked] of Object.entries(claims ?? {})) {
    for (const [name, request] of Object.entries(asked ?? {})) {
      if (request === null || isRequest(request)) continue
      const message = 'must be null, or a mapping of essential (true or false), value and values'
      yield { path: [...at('claims'), place, name], message }
    }
  }
  if (acrValues !== undefined && childOf(claims?.id_token, 'acr') !== undefined) {
    const message = 'is asked for by acrValues as well; keep one of them'
    yield { path: [...at('claims'), 'id_token', 'acr'], message }
  }
}

function isRequest(value: unknown): boolean {
  if (!isJsonObject(value)) return false
  const [essential, values] = [childOf(value, 'essential'), childOf(value, 'values')]
  return (
    (essential === undefined || typeof essential === 'boolean') &&
    (values === undefined || (Array.isArray(values) && values.length > 0))
  )
}
